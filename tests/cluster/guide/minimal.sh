helm install dvara charts/meridian/ \
--set secrets.mockProviderEnabled=true \
--set gatewayServer.env.SPRING_DATASOURCE_URL=jdbc:postgresql://postgres:5432/dvara \
--set gatewayServer.env.SPRING_DATASOURCE_USERNAME=dvara \
--set gatewayServer.env.SPRING_DATASOURCE_PASSWORD=dvara
