"""Rolling features of one symbol as Polars' own batch kernels give them, on one thread. Argument: a CSV of ts, price, size."""

import json
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"
import polars as pl  # noqa: E402

WINDOWS_MS = {"1m": 60_000, "5m": 300_000, "15m": 900_000}


def columns(name, length_ms):
    by = {"window_size": f"{length_ms}ms", "closed": "both"}
    first = pl.col("ms").search_sorted(pl.col("ms") - length_ms, side="left")
    begin = pl.col("price").gather(first)
    n = pl.col("one").rolling_sum_by("ts", **by)
    sums = []
    for power in ("r1", "r2", "r3", "r4"):
        # A return belongs to a window when both its ends are inside: that of the oldest point does not.
        sums.append(pl.col(power).rolling_sum_by("ts", **by) - pl.col(power).gather(first))
    k = n - 1
    mean = sums[0] / k
    m2 = sums[1] / k - mean**2
    m3 = sums[2] / k - 3 * mean * sums[1] / k + 2 * mean**3
    m4 = sums[3] / k - 4 * mean * sums[2] / k + 6 * mean**2 * sums[1] / k - 3 * mean**4
    gain = pl.col("gain").rolling_sum(14)
    loss = pl.col("loss").rolling_sum(14)
    return {
        f"{name}_n": n,
        f"{name}_vwap": pl.col("pv").rolling_sum_by("ts", **by) / pl.col("size").rolling_sum_by("ts", **by),
        f"{name}_return": (pl.col("price") - begin) / begin,
        f"{name}_vol": (m2 * k / (k - 1)).sqrt(),
        f"{name}_skew": (k * (k - 1)).sqrt() / (k - 2) * m3 / m2**1.5,
        f"{name}_exkurt": (k - 1) / ((k - 2) * (k - 3)) * ((k + 1) * (m4 / m2**2 - 3) + 6),
        f"{name}_momentum": (pl.col("price") - begin) / begin,
        f"{name}_rsi_cutler14": 100 * gain / (gain + loss),
    }


def main():
    df = pl.read_csv(sys.argv[1], schema={"ms": pl.Int64, "price": pl.Float64, "size": pl.Float64})
    df = df.with_columns(pl.from_epoch("ms", time_unit="ms").alias("ts"))
    begun = time.process_time()
    r = pl.col("price").pct_change().fill_null(0.0)
    change = pl.col("price").diff()
    base = df.with_columns(
        one=pl.lit(1.0),
        pv=pl.col("price") * pl.col("size"),
        r1=r,
        r2=r**2,
        r3=r**3,
        r4=r**4,
        gain=change.clip(lower_bound=0.0),
        loss=(-change).clip(lower_bound=0.0),
    )
    made = base.select(**{k: v for name, ms in WINDOWS_MS.items() for k, v in columns(name, ms).items()})
    seconds = time.process_time() - begun
    print(json.dumps({"seconds": seconds, "version": pl.__version__, "rows": made.tail(int(sys.argv[2])).to_dicts()}))


main()
