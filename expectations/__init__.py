"""What the warehouse is expected to hold, as Great Expectations suites in the words of the ledgers.

Importing this package comes before importing Great Expectations: it keeps it quiet and off the network.
"""

import logging
import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# The second logger sets its own level, so that the first does not reach it.
for _name in ("great_expectations", "great_expectations.data_context.types.base"):
    logging.getLogger(_name).setLevel(logging.WARNING)
