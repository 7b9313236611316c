"""Who of a unit is certified and registered, and who could take over."""
