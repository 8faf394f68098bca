{{/* What surrounds a Deployment. Each takes (dict "root" $ "service" $service) and renders nothing where its switch is off. */}}

{{- define "meridian.service" -}}
{{- $port := .service.values.service -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "meridian.metadata" (merge (dict "annotations" $port.annotations) .) | nindent 2 }}
spec:
  type: {{ $port.type }}
  selector:
    {{- include "meridian.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $port.port }}
      targetPort: http
      protocol: TCP
      appProtocol: http
      {{- with $port.nodePort }}
      nodePort: {{ . }}
      {{- end }}
{{- end -}}

{{- define "meridian.serviceAccount" -}}
{{- if .service.values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "meridian.metadata" (merge (dict "name" (include "meridian.serviceAccountName" .) "annotations" .service.values.serviceAccount.annotations) .) | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{- define "meridian.hpa" -}}
{{- $scale := .service.values.autoscaling -}}
{{- if $scale.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "meridian.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .service.name }}
  minReplicas: {{ $scale.minReplicas }}
  maxReplicas: {{ $scale.maxReplicas }}
  metrics:
    {{- with $scale.targetCPUUtilizationPercentage }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
    {{- with $scale.targetMemoryUtilizationPercentage }}
    - type: Resource
      resource:
        name: memory
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
    {{- with $scale.customMetrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  behavior:
    {{- toYaml $scale.behavior | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "meridian.scaledObject" -}}
{{- $keda := .service.values.keda -}}
{{- if $keda.enabled -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "meridian.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ .service.name }}
  minReplicaCount: {{ $keda.minReplicas }}
  maxReplicaCount: {{ $keda.maxReplicas }}
  pollingInterval: {{ $keda.pollingInterval }}
  cooldownPeriod: {{ $keda.cooldownPeriod }}
  triggers:
    {{- toYaml $keda.triggers | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* Exactly one of the two fields: the API takes no more. */}}
{{- define "meridian.pdb" -}}
{{- $budget := .service.values.pdb -}}
{{- if $budget.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "meridian.metadata" . | nindent 2 }}
spec:
  {{- if ne (toString $budget.maxUnavailable) "" }}
  maxUnavailable: {{ $budget.maxUnavailable }}
  {{- else }}
  minAvailable: {{ $budget.minAvailable }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "meridian.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{/*
Who may reach the pods. The MCP proxy is for the gateway alone, as the guide says, beside the chart's own test pod and who is named
in `monitoring` and `extraIngress`. The other two serve everybody, or whom `from` names.
*/}}
{{- define "meridian.networkPolicy" -}}
{{- $policy := .service.values.networkPolicy -}}
{{- if $policy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "meridian.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "meridian.selectorLabels" . | nindent 6 }}
  policyTypes:
    - Ingress
    {{- if $policy.egress.enabled }}
    - Egress
    {{- end }}
  ingress:
    {{- include "meridian.networkPolicy.ingress" . | nindent 4 }}
  {{- if $policy.egress.enabled }}
  egress:
    {{- include "meridian.networkPolicy.egress" . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "meridian.networkPolicy.ingress" -}}
{{- $policy := .service.values.networkPolicy -}}
{{- $from := $policy.from -}}
{{- if or $from (eq .service.key "mcpProxyServer") -}}
{{- $from = concat (include "meridian.callers" . | fromYamlArray) $from -}}
{{- with $policy.monitoring -}}
{{- $from = append $from . -}}
{{- end -}}
{{- $from = append $from (dict "podSelector" (dict "matchLabels" (include "meridian.testLabels" .root | fromYaml))) -}}
{{- end -}}
- ports:
    - port: {{ .service.port }}
      protocol: TCP
  {{- with $from }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if (default (dict) .service.values.clustering).enabled }}
- ports:
    - port: 5701
      protocol: UDP
  from:
    {{- include "meridian.peer" . | nindent 4 }}
{{- end }}
{{- with $policy.extraIngress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* DNS, the database, the gateways among each other; what else a service calls is its operator's to say. */}}
{{- define "meridian.networkPolicy.egress" -}}
{{- $egress := .service.values.networkPolicy.egress -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
- ports:
    - port: {{ $egress.databasePort }}
      protocol: TCP
{{- if (default (dict) .service.values.clustering).enabled }}
- ports:
    - port: 5701
      protocol: UDP
  to:
    {{- include "meridian.peer" . | nindent 4 }}
{{- end }}
{{- if ne .service.key "gatewayServer" }}
{{- $gateway := include "meridian.service.of" (dict "root" .root "key" "gatewayServer") | fromYaml }}
- ports:
    - port: {{ $gateway.port }}
      protocol: TCP
  to:
    {{- include "meridian.peer" (dict "root" .root "service" $gateway) | nindent 4 }}
{{- end }}
{{- with $egress.extra }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pods of a service as a list of peers. */}}
{{- define "meridian.peer" -}}
- podSelector:
    matchLabels:
      {{- include "meridian.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/* Which of the other services call this one: everybody the gateway, and the gateway the MCP proxy. */}}
{{- define "meridian.callers" -}}
{{- $callers := dict "gatewayServer" (list "gatewayUi" "mcpProxyServer") "gatewayUi" (list) "mcpProxyServer" (list "gatewayServer") -}}
{{- range $key := get $callers .service.key }}
{{ include "meridian.peer" (dict "root" $.root "service" (include "meridian.service.of" (dict "root" $.root "key" $key) | fromYaml)) }}
{{- end }}
{{- end -}}

{{/* The endpoint of a scrape, with the key that /actuator/prometheus asks for. */}}
{{- define "meridian.scrape" -}}
{{- $monitor := .monitor -}}
- port: http
  path: {{ $monitor.path }}
  interval: {{ $monitor.interval }}
  {{- with $monitor.scrapeTimeout }}
  scrapeTimeout: {{ . }}
  {{- end }}
  {{- if $monitor.bearerTokenFile }}
  bearerTokenFile: {{ $monitor.bearerTokenFile }}
  {{- else }}
  authorization:
    type: Bearer
    credentials:
      name: {{ include "meridian.secretName" .root }}
      key: gateway-metrics-api-key
  {{- end }}
  {{- with $monitor.metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $monitor.relabelings }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "meridian.serviceMonitor" -}}
{{- $monitor := .service.values.serviceMonitor -}}
{{- if $monitor.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "meridian.metadata" (merge (dict "labels" $monitor.additionalLabels) .) | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "meridian.selectorLabels" . | nindent 6 }}
    {{- if eq .service.key "gatewayServer" }}
    matchExpressions:
      # The headless Service has the same pods and no port to scrape.
      - {key: meridian.ai/headless, operator: DoesNotExist}
    {{- end }}
  endpoints:
    {{- include "meridian.scrape" (dict "root" .root "monitor" $monitor) | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "meridian.podMonitor" -}}
{{- $monitor := .service.values.podMonitor -}}
{{- if $monitor.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- include "meridian.metadata" (merge (dict "labels" $monitor.additionalLabels) .) | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "meridian.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints:
    {{- include "meridian.scrape" (dict "root" .root "monitor" (omit $monitor "bearerTokenFile")) | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "meridian.httpRoute" -}}
{{- $route := .service.values.httpRoute -}}
{{- if $route.enabled -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "meridian.metadata" (merge (dict "annotations" $route.annotations) .) | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml $route.parentRefs | nindent 4 }}
  {{- with $route.hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        {{- toYaml $route.matches | nindent 8 }}
      {{- with $route.filters }}
      filters:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $route.timeouts }}
      timeouts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      backendRefs:
        - name: {{ .service.name }}
          port: {{ .service.values.service.port }}
{{- end -}}
{{- end -}}

{{/* (dict … "ingress" values of this service "domain" the name below baseDomain). */}}
{{- define "meridian.ingress" -}}
{{- $all := .root.Values.ingress -}}
{{- $hosts := .ingress.hosts -}}
{{- with $all.baseDomain -}}
{{- $hosts = list (dict "host" (printf "%s.%s" $.domain .)) -}}
{{- end -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "meridian.metadata" (merge (dict "annotations" $all.annotations) .) | nindent 2 }}
spec:
  {{- with $all.className }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    {{- range $hosts }}
    - host: {{ .host | quote }}
      http:
        paths:
          {{- range default (list (dict)) .paths }}
          - path: {{ default "/" .path }}
            pathType: {{ default "Prefix" .pathType }}
            backend:
              service:
                name: {{ $.service.name }}
                port:
                  number: {{ $.service.values.service.port }}
          {{- end }}
    {{- end }}
  {{- with .ingress.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* A pod of `helm test`: our own image asks the Service for its health. It has a label of its own, never a service's. */}}
{{- define "meridian.test" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .service.name }}-test
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "meridian.testLabels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  {{- include "meridian.podBasics" .root | nindent 2 }}
  containers:
    - name: healthcheck
      image: {{ include "meridian.image" (dict "root" .root "image" .service.values.image) }}
      imagePullPolicy: {{ .service.values.image.pullPolicy }}
      args: [healthcheck, {{ printf "%s/actuator/health" (include "meridian.url" .) | quote }}]
      securityContext:
        {{- include "meridian.containerSecurity" . | nindent 8 }}
      resources:
        requests: {cpu: 10m, memory: 16Mi}
        limits: {cpu: 500m, memory: 64Mi}
{{- end -}}

{{- define "meridian.testLabels" -}}
app.kubernetes.io/name: {{ include "meridian.fullname" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end -}}
