helm install dvara oci://ghcr.io/dvarahq/dvara/charts/meridian \
--set secrets.enterpriseLicenseKey="$DVARA_LICENSE_KEY" \
--set secrets.gatewayServerApiKey="$ACTUATOR_API_KEY" \
--set secrets.gatewayMetricsApiKey="$METRICS_API_KEY" \
--set secrets.gatewayEncryptionMasterPassword="$ENCRYPTION_PASSWORD" \
--set-string "gatewayServer.extraEnv[0].name=DVARA_AUDIT_HMAC_SECRET" \
--set-string "gatewayServer.extraEnv[0].value=$AUDIT_HMAC" \
--set secrets.mockProviderEnabled=true
