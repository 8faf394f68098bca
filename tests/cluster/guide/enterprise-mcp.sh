helm install dvara charts/meridian/ -f enterprise-mcp-values.yaml
