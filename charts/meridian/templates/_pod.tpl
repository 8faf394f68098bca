{{/* The Deployment of a service: (dict "root" $ "service" $service). */}}
{{- define "meridian.deployment" -}}
{{- $values := .service.values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "meridian.metadata" (merge (dict "annotations" $values.deploymentAnnotations) .) | nindent 2 }}
spec:
  {{- if not (include "meridian.scaled" $values) }}
  replicas: {{ $values.replicaCount }}
  {{- end }}
  revisionHistoryLimit: {{ $values.revisionHistoryLimit }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ $values.rollingUpdate.maxSurge }}
      maxUnavailable: {{ $values.rollingUpdate.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "meridian.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "meridian.selectorLabels" . | nindent 8 }}
        {{- with .root.Values.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with (default (dict) $values.region).id }}
        meridian.ai/region: {{ include "meridian.labelValue" . | quote }}
        {{- end }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with include "meridian.podAnnotations" . | trim }}
      annotations:
        {{- . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "meridian.podSpec" . | nindent 6 }}
{{- end -}}

{{/* Pods restart when what they read changes: the chart's own Secret and the configuration file. */}}
{{- define "meridian.podAnnotations" -}}
{{- if and .root.Values.secrets.create (not .root.Values.secrets.existingSecret) }}
checksum/secret: {{ include "meridian.secretChecksum" . }}
{{- end }}
{{- with .service.values.gatewayConfig }}
checksum/config: {{ toYaml . | sha256sum }}
{{- end }}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) .service.values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "meridian.podSpec" -}}
{{- $values := .service.values -}}
serviceAccountName: {{ include "meridian.serviceAccountName" . }}
{{ include "meridian.podBasics" .root }}
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .service.component }}
    {{- include "meridian.container" . | nindent 4 }}
  {{- with $values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- if $values.gatewayConfig }}
  - name: config
    configMap:
      name: {{ .service.name }}
  {{- end }}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- range $field := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "hostAliases" "dnsConfig" }}
{{- with get $values $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What every pod of the chart has: no token, no variables of Services, user 1001, a profile for system calls. */}}
{{- define "meridian.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- if not .Values.openshift.enabled }}
  runAsUser: 1001
  runAsGroup: 1001
  fsGroup: 1001
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "meridian.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "meridian.container" -}}
{{- $values := .service.values -}}
image: {{ include "meridian.image" (dict "root" .root "image" $values.image) }}
imagePullPolicy: {{ $values.image.pullPolicy }}
args: [{{ .service.command }}]
securityContext:
  {{- include "meridian.containerSecurity" . | nindent 2 }}
ports:
  - name: http
    containerPort: {{ .service.port }}
    protocol: TCP
  {{- if (default (dict) $values.clustering).enabled }}
  - name: cluster
    containerPort: 5701
    protocol: UDP
  {{- end }}
env:
  {{- include "meridian.env" . | nindent 2 }}
{{- with $values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
livenessProbe:
  {{- include "meridian.probe" (list "liveness" $values.livenessProbe) | nindent 2 }}
readinessProbe:
  {{- include "meridian.probe" (list "readiness" $values.readinessProbe) | nindent 2 }}
startupProbe:
  {{- include "meridian.probe" (list "liveness" $values.startupProbe) | nindent 2 }}
{{- include "meridian.preStop" . }}
{{- with $values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if $values.gatewayConfig }}
  - name: config
    mountPath: /etc/dvara
    readOnly: true
  {{- end }}
  {{- with $values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A probe: (list "liveness" values). An own httpGet is laid over the chart's; tcpSocket, exec or grpc take its place. */}}
{{- define "meridian.probe" -}}
{{- $probe := index . 1 -}}
{{- if not (or $probe.tcpSocket $probe.exec $probe.grpc) -}}
{{- $probe = mergeOverwrite (dict "httpGet" (dict "path" (printf "/actuator/health/%s" (index . 0)) "port" "http")) $probe -}}
{{- end -}}
{{- $probe | toYaml -}}
{{- end -}}

{{/* Time for the endpoints to forget the pod, before it is told to stop. The image has no shell; old clusters have no sleep of their own. */}}
{{- define "meridian.preStop" -}}
{{- $seconds := int .service.values.preStopSleepSeconds -}}
{{- if gt $seconds 0 }}
lifecycle:
  preStop:
    {{- if semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version }}
    sleep:
      seconds: {{ $seconds }}
    {{- else }}
    exec:
      command: [/dvara, sleep, {{ $seconds | quote }}]
    {{- end }}
{{- end }}
{{- end -}}
