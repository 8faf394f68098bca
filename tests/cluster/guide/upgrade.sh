# From OCI registry
helm upgrade dvara oci://ghcr.io/dvarahq/dvara/charts/meridian -f my-values.yaml

# From local chart
helm upgrade dvara charts/meridian/ -f my-values.yaml
