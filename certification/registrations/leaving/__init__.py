"""How registrations end, and who may not leave a post because of one."""
