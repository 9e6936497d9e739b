"""Spot checks (双随机、一公开): the work of section 二（三） of the measures."""
