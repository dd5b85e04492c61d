"""Many measures at once: all distances among them, and nearest neighbours."""
