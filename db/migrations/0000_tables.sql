CREATE TABLE "alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL,
	"time" timestamp(6) with time zone NOT NULL,
	"symbol" text NOT NULL,
	"kind" text NOT NULL,
	"severity" text NOT NULL,
	"state" text NOT NULL,
	"payload" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "anomalies" (
	"time" timestamp(6) with time zone NOT NULL,
	"symbol" text NOT NULL,
	"window_name" text NOT NULL,
	"direction" text NOT NULL,
	"return_value" double precision NOT NULL,
	"threshold" double precision NOT NULL,
	"headline" text,
	"sentiment" double precision,
	"summary" text,
	"revision" bigint NOT NULL,
	CONSTRAINT "anomalies_time_symbol_window_name_pk" PRIMARY KEY("time","symbol","window_name")
);
--> statement-breakpoint
CREATE TABLE "bars_ohlcv" (
	"symbol" text NOT NULL,
	"interval" text NOT NULL,
	"start_ts_ms" bigint NOT NULL,
	"origin" text NOT NULL,
	"end_ts_ms" bigint NOT NULL,
	"bar_id" text NOT NULL,
	"revision" bigint NOT NULL,
	"provider" text NOT NULL,
	"open" double precision NOT NULL,
	"high" double precision NOT NULL,
	"low" double precision NOT NULL,
	"close" double precision NOT NULL,
	"volume" double precision NOT NULL,
	"notional" double precision NOT NULL,
	"vwap" double precision NOT NULL,
	"trade_count" bigint NOT NULL,
	"bin_count" bigint NOT NULL,
	"buy_volume" double precision NOT NULL,
	"max_late_ms" double precision NOT NULL,
	"partial" boolean NOT NULL,
	"last_ts_ms" double precision,
	"ingest_ts_ms" double precision,
	CONSTRAINT "bars_ohlcv_symbol_interval_start_ts_ms_origin_pk" PRIMARY KEY("symbol","interval","start_ts_ms","origin")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"key" text NOT NULL,
	"save_id" text NOT NULL,
	"seq" bigserial NOT NULL,
	"digest" text NOT NULL,
	"body" text NOT NULL,
	CONSTRAINT "checkpoints_key_save_id_pk" PRIMARY KEY("key","save_id")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" text PRIMARY KEY NOT NULL,
	"time" timestamp(6) with time zone NOT NULL,
	"origin" text,
	"where" text NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"symbol" text,
	"ts_ms" double precision,
	"raw" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gaps" (
	"id" text PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL,
	"time" timestamp(6) with time zone NOT NULL,
	"origin" text,
	"provider" text NOT NULL,
	"symbol" text NOT NULL,
	"stream" text NOT NULL,
	"from_seq" double precision,
	"to_seq" double precision,
	"from_ms" double precision NOT NULL,
	"to_ms" double precision NOT NULL,
	"status" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "headlines" (
	"time" timestamp(6) with time zone NOT NULL,
	"title" text NOT NULL,
	"source" text NOT NULL,
	"url" text,
	"sentiment" double precision,
	"id" text NOT NULL,
	"revision" bigint NOT NULL,
	"symbols" text[] NOT NULL,
	"label" text,
	"confidence" double precision,
	CONSTRAINT "headlines_id_time_pk" PRIMARY KEY("id","time")
);
--> statement-breakpoint
CREATE TABLE "job_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"job" text NOT NULL,
	"started_ms" double precision NOT NULL,
	"finished_ms" double precision,
	"from_ms" double precision,
	"to_ms" double precision,
	"rows" bigint NOT NULL,
	"status" text NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"role" text NOT NULL,
	"partition" integer NOT NULL,
	"owner" text NOT NULL,
	"epoch" bigint NOT NULL,
	"until_ms" double precision NOT NULL,
	CONSTRAINT "leases_role_partition_pk" PRIMARY KEY("role","partition")
);
--> statement-breakpoint
CREATE TABLE "metrics" (
	"time" timestamp(6) with time zone NOT NULL,
	"symbol" text NOT NULL,
	"return_1m" double precision,
	"return_5m" double precision,
	"return_15m" double precision,
	"vol_1m" double precision,
	"vol_5m" double precision,
	"vol_15m" double precision,
	"return_z_1m" double precision,
	"return_z_5m" double precision,
	"return_z_15m" double precision,
	"return_z_ewma_1m" double precision,
	"return_z_ewma_5m" double precision,
	"return_z_ewma_15m" double precision,
	"vol_z_1m" double precision,
	"vol_z_5m" double precision,
	"vol_z_15m" double precision,
	"vol_spike_1m" boolean,
	"vol_spike_5m" boolean,
	"vol_spike_15m" boolean,
	"p05_return_1m" double precision,
	"p05_return_5m" double precision,
	"p05_return_15m" double precision,
	"p95_return_1m" double precision,
	"p95_return_5m" double precision,
	"p95_return_15m" double precision,
	"attention" double precision,
	"coverage_1m" double precision,
	"coverage_5m" double precision,
	"coverage_15m" double precision,
	CONSTRAINT "metrics_time_symbol_pk" PRIMARY KEY("time","symbol")
);
--> statement-breakpoint
CREATE TABLE "offsets" (
	"reader" text NOT NULL,
	"log_id" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"position" bigint NOT NULL,
	CONSTRAINT "offsets_reader_log_id_topic_partition_pk" PRIMARY KEY("reader","log_id","topic","partition")
);
--> statement-breakpoint
CREATE TABLE "prices" (
	"time" timestamp(6) with time zone NOT NULL,
	"symbol" text NOT NULL,
	"price" double precision NOT NULL,
	CONSTRAINT "prices_time_symbol_pk" PRIMARY KEY("time","symbol")
);
--> statement-breakpoint
CREATE TABLE "signals" (
	"id" text PRIMARY KEY NOT NULL,
	"time" timestamp(6) with time zone NOT NULL,
	"symbol" text NOT NULL,
	"name" text NOT NULL,
	"payload" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "alerts_time" ON "alerts" USING btree ("time","id");--> statement-breakpoint
CREATE INDEX "alerts_symbol_time" ON "alerts" USING btree ("symbol","time","id");--> statement-breakpoint
CREATE INDEX "anomalies_symbol_time" ON "anomalies" USING btree ("symbol","time");--> statement-breakpoint
CREATE INDEX "dead_letters_time" ON "dead_letters" USING btree ("time","id");--> statement-breakpoint
CREATE INDEX "gaps_time" ON "gaps" USING btree ("time","id");--> statement-breakpoint
CREATE INDEX "gaps_symbol_time" ON "gaps" USING btree ("symbol","time","id");--> statement-breakpoint
CREATE INDEX "headlines_time" ON "headlines" USING btree ("time","id");--> statement-breakpoint
CREATE INDEX "job_runs_started" ON "job_runs" USING btree ("started_ms");--> statement-breakpoint
CREATE INDEX "metrics_symbol_time" ON "metrics" USING btree ("symbol","time");--> statement-breakpoint
CREATE INDEX "prices_symbol_time" ON "prices" USING btree ("symbol","time");--> statement-breakpoint
CREATE INDEX "signals_time" ON "signals" USING btree ("time","id");--> statement-breakpoint
CREATE INDEX "signals_symbol_time" ON "signals" USING btree ("symbol","time","id");