"""Licence linkage (证照联动): the work of section 二（一） of the measures."""
