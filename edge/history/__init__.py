"""Where pieces were: stays, totals, read rates and what counts said, as Parquet asked through DuckDB.

Never a source of truth, never needed to sell (docs/history.md). Files are touched in its own thread only.
"""
