"""rpm: what is installed by the RPM package manager, recorded and compared."""
