"""What `oc get cgu -o json` says of pre-caching, and what that means."""
