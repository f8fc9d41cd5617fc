"""The built-in cogs; they import ``cogswarm`` only, as any third party must."""
