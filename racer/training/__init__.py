"""One training: begun, gone on with or cloned; watched, evaluated and saved."""
