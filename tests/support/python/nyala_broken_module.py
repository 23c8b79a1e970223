"""A module of tests whose import fails in the middle."""

import nyala_module_that_nobody_has  # noqa: F401
