helm install dvara charts/meridian/ -f production-values.yaml
