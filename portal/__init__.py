"""The minimal core of the joint-meeting portal: users, units, subjects, obligations and scoring."""

__version__ = "0.1.0"
