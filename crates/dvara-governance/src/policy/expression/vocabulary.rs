//! The words an expression may use, apart from variables.

use cel::common::ast::operators;

use super::ExpressionFault;
use super::variables::Variable;
use crate::policy::hint;

/// Functions that take time and memory linear in their arguments; `matches` is one more, once its pattern is compiled.
pub(super) const FUNCTIONS: [&str; 12] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "bool",
    "type",
    "dyn",
];

/// Operators, by the library's names.
pub(super) const OPERATORS: [&str; 18] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::ADD,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
];

/// Names of types, to compare with `type(…)`.
pub(super) const TYPES: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

/// Says that a name is no variable.
pub(super) fn unknown_name(name: &str) -> ExpressionFault {
    let names = Variable::ALL.map(Variable::name);
    let hint = if name == "now" {
        "use `time.unix`, `time.hour`, `time.minute` or `time.weekday`, all in UTC".to_owned()
    } else {
        hint::did_you_mean(name, names)
            .unwrap_or_else(|| format!("known are `{}`", names.join("`, `")))
    };
    let message = if Variable::is_root(name) {
        format!("`{name}` can only be read member by member")
    } else {
        format!("unknown variable `{name}`")
    };
    ExpressionFault {
        message,
        hint: Some(hint),
    }
}

/// Says that a function is not available.
pub(super) fn unknown_function(name: &str) -> ExpressionFault {
    let known = FUNCTIONS.into_iter().chain(["matches", "has"]);
    ExpressionFault {
        message: format!("unknown function `{name}`"),
        hint: Some(hint::did_you_mean(name, known).unwrap_or_else(|| {
            format!(
                "known are `{}`, `matches` and `has`",
                FUNCTIONS.join("`, `")
            )
        })),
    }
}
