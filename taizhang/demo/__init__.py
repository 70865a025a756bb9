"""A synthetic county to try the warehouse on; see `taizhang.demo.county`."""

from taizhang.demo.county import DATE, PEOPLE, SEED, DemoSummary, write_demo

__all__ = ["DATE", "PEOPLE", "SEED", "DemoSummary", "write_demo"]
