"""Whose something on the machine is: everybody whose rights suffice to change it."""
