"""The joint meeting (联席会议): the work of Annex 1 of the measures."""
