"""Networks that samplers are tried on."""
