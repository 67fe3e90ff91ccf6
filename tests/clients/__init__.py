"""Clients that are not ours, each booking as its user would: by what `?wsdl` says, with a certificate of its own."""
