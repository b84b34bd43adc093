"""How a hosted cluster gets on: what `oc get … -o json` printed, turned into progress and problems."""
