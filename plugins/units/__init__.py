"""The member units: each folder is one plugin; delete the folder and the unit is gone."""
