"""Writing descriptions of viewpoints."""
