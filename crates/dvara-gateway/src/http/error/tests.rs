use super::*;
use dvara_cloud::NoCredentials;

fn exceeded() -> Exceeded {
    Exceeded {
        limit: std::num::NonZeroU32::MIN,
        retry_after: Duration::from_millis(1_500),
    }
}

fn size_exceeded() -> SizeExceeded {
    SizeExceeded {
        limit_type: LimitType::MaxMessageLength,
        actual: 2,
        limit: 1,
    }
}

#[test]
fn every_error_has_its_status_type_and_code() {
    let provider = || ProviderName::parse("openai").unwrap();
    let shape = GatewayError::BadRequest {
        code: "validation_error",
        message: "x".to_owned(),
        param: Some("model".to_owned()),
    };
    for (error, status, kind, code) in [
        (
            GatewayError::InvalidPath,
            400,
            "invalid_request_error",
            "invalid_path",
        ),
        (
            GatewayError::PromptTemplateNotFound("prm_x".to_owned()),
            404,
            "not_found_error",
            "prompt_template_not_found",
        ),
        (
            GatewayError::PolicyDenied("no".into()),
            403,
            "policy_violation",
            "policy_denied",
        ),
        (
            GatewayError::PiiDetected("EMAIL".to_owned()),
            400,
            "pii_violation",
            "pii_detected",
        ),
        (
            GatewayError::GuardrailBlocked("JAILBREAK".to_owned()),
            403,
            "guardrail_violation",
            "guardrail_blocked",
        ),
        (
            GatewayError::TooLargeToScan,
            403,
            "guardrail_violation",
            "answer_too_large_to_scan",
        ),
        (
            GatewayError::InputTooLarge(size_exceeded()),
            413,
            "input_size_error",
            "input_too_large",
        ),
        (
            GatewayError::SchemaFailed("/age".to_owned()),
            422,
            "schema_validation_error",
            "schema_validation_failed",
        ),
        (shape, 400, "invalid_request_error", "validation_error"),
        (
            GatewayError::FailoverBlocked,
            503,
            "provider_unavailable",
            "failover_capability_mismatch",
        ),
        (
            GatewayError::BodyBroken,
            400,
            "invalid_request_error",
            "invalid_request",
        ),
        (
            GatewayError::NoProvider("x".to_owned()),
            400,
            "invalid_request_error",
            "no_provider",
        ),
        (
            GatewayError::Unauthenticated(KeyFault::Missing),
            401,
            "authentication_error",
            "api_key_required",
        ),
        (
            GatewayError::Unauthenticated(KeyFault::Invalid),
            401,
            "authentication_error",
            "invalid_api_key",
        ),
        (
            GatewayError::Unauthenticated(KeyFault::Revoked),
            401,
            "authentication_error",
            "api_key_revoked",
        ),
        (
            GatewayError::Unauthenticated(KeyFault::Expired),
            401,
            "authentication_error",
            "api_key_expired",
        ),
        (
            GatewayError::InternalSecret,
            401,
            "authentication_error",
            "internal_secret_required",
        ),
        (
            GatewayError::ScopeMissing(Scope::ModelsRead),
            403,
            "permission_error",
            "api_key_scope",
        ),
        (
            GatewayError::TenantSuspended(None),
            403,
            "tenant_suspended",
            "tenant_suspended",
        ),
        (
            GatewayError::NotFound { governed: true },
            404,
            "not_found_error",
            "resource_not_found",
        ),
        (
            GatewayError::NotFound { governed: false },
            404,
            "not_found_error",
            "not_found",
        ),
        (
            GatewayError::MethodNotAllowed { allow: "POST" },
            405,
            "invalid_request_error",
            "method_not_allowed",
        ),
        (
            GatewayError::NotAcceptable,
            406,
            "invalid_request_error",
            "not_acceptable",
        ),
        (
            GatewayError::BodyTimeout,
            408,
            "invalid_request_error",
            "request_timeout",
        ),
        (
            GatewayError::TooLarge { limit: 1 },
            413,
            "input_size_error",
            "input_too_large",
        ),
        (
            GatewayError::UnsupportedMediaType("x"),
            415,
            "invalid_request_error",
            "unsupported_media_type",
        ),
        (
            GatewayError::RateLimited(exceeded()),
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
        ),
        (
            GatewayError::Internal,
            500,
            "gateway_error",
            "internal_error",
        ),
        (
            UpstreamFault::timeout("x").into(),
            502,
            "provider_error",
            "provider_error",
        ),
        (
            GatewayError::IdentityUnavailable {
                provider: provider(),
                reason: NoCredentials::Loading {
                    cloud: "AWS",
                    from: "web identity",
                },
            },
            503,
            "provider_unavailable",
            "provider_credential_unavailable",
        ),
        (
            GatewayError::CredentialUnavailable(provider()),
            503,
            "tenant_credential_unavailable",
            "tenant_credential_unavailable",
        ),
        (
            GatewayError::Overloaded,
            503,
            "gateway_error",
            "gateway_overloaded",
        ),
        (
            GatewayError::ShuttingDown,
            503,
            "gateway_error",
            "gateway_shutting_down",
        ),
    ] {
        assert_eq!(
            (error.status(), error.kind(), error.code()),
            (status, kind, code),
            "{error:?}"
        );
        assert!(!error.message().is_empty());
        // Our own fault is never reported as the caller's.
        assert_eq!(error.fault() == Fault::Caller, status < 500, "{error:?}");
    }
}
