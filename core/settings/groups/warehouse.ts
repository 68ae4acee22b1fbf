import { count, group, oneOf, setting, text } from "../setting.ts";

export const warehouse = group({
  WAREHOUSE: setting(oneOf(["duckdb", "snowflake", "off"]), "duckdb", "Where bar facts are loaded"),
  SNOWFLAKE_ACCOUNT: setting(text({ empty: true }), "", "Snowflake account"),
  SNOWFLAKE_USER: setting(text({ empty: true }), "", "Snowflake user"),
  SNOWFLAKE_PASSWORD: setting(text({ empty: true, secrecy: "secret" }), "", "Snowflake password"),
  SNOWFLAKE_ROLE: setting(text({ empty: true }), "", "Snowflake role"),
  SNOWFLAKE_WAREHOUSE: setting(text({ empty: true }), "", "Snowflake compute warehouse"),
  SNOWFLAKE_DATABASE: setting(text({ empty: true }), "", "Snowflake database"),
  SNOWFLAKE_SCHEMA: setting(text(), "CORE", "Schema of the fact tables"),
  SNOWFLAKE_FIVEM_TABLE: setting(text(), "FACT_TICKS_300S", "Table of the five-minute facts"),
  SNOWFLAKE_FLUSH_MINUTES: setting(count(1_440), "5", "Minutes loaded at a time"),
});
