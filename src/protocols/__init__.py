"""Sans-io codecs of the realtime protocols: bytes in, frames out."""
