kubectl logs deployment/dvara-server
kubectl get secret dvara -o yaml
# Check pod status
kubectl get pods -l app.kubernetes.io/component=gateway-server

# Check service endpoints
kubectl get endpoints dvara-server
kubectl get secret dvara -o jsonpath='{.data.openai-api-key}' | base64 -d
