"""From a bare host to a populated, verified mirror registry for a disconnected OpenShift."""

__version__ = "0.1.0"
