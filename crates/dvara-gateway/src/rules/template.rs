//! Prompt templates: a call names one, and gets its texts before its own messages (data-plane.md §14).

use dvara_dialects::request::ReadLimits;
use dvara_governance::template::RenderError;
use dvara_store::snapshot::{Snapshot, TemplateFault};
use dvara_types::TenantId;

use crate::http::error::GatewayError;
use crate::read::Request;

/// The call with its prompt written out.
///
/// # Errors
/// 404 `prompt_template_not_found`, 400 `prompt_template_not_active` and `prompt_variable_missing`.
pub(crate) fn fill_in(
    request: Request,
    snapshot: &Snapshot,
    tenant: Option<&TenantId>,
    limits: &ReadLimits,
) -> Result<Request, GatewayError> {
    let Request::Chat(chat) = &request else {
        return Ok(request);
    };
    let Some(call) = chat.template_call()? else {
        return Ok(request);
    };
    let template = snapshot
        .prompt_template(tenant, &call.id)
        .map_err(|fault| match fault {
            TemplateFault::NotFound => GatewayError::PromptTemplateNotFound(call.id.clone()),
            TemplateFault::NotActive => GatewayError::BadRequest {
                code: "prompt_template_not_active",
                message: format!("The prompt template `{}` is not active.", call.id),
                param: Some("metadata.prompt_template_id".to_owned()),
            },
        })?;
    let prompt = template.prompt.render(&call.variables).map_err(unfilled)?;
    let resolved = (template.id.as_str(), template.version);
    let filled = chat.with_prompt(prompt.system.as_deref(), &prompt.user, resolved, limits)?;
    Ok(Request::Chat(filled))
}

fn unfilled(error: RenderError) -> GatewayError {
    let (code, param) = match &error {
        RenderError::MissingVariable(name) => (
            "prompt_variable_missing",
            format!("metadata.prompt_variables.{name}"),
        ),
        RenderError::TooLarge => ("invalid_request", "metadata.prompt_variables".to_owned()),
    };
    GatewayError::BadRequest {
        code,
        message: format!("The prompt cannot be filled in: {error}."),
        param: Some(param),
    }
}
