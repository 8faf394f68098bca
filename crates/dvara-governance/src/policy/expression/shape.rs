//! What can be told about an expression by its form.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};

use super::variables::Name;

/// A macro's own `@result + …`.
pub(super) fn adds_to_result(call: &CallExpr) -> bool {
    let first = call.args.first().map(|first| &first.expr);
    matches!(first, Some(Expr::Ident(name)) if name.starts_with('@'))
}

/// Whether a comprehension gathers anything else than items it was given, as `map` does.
pub(super) fn makes_new_items(comprehension: &ComprehensionExpr) -> bool {
    let step = match &comprehension.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
            call.args.get(1).map(|then| &then.expr)
        }
        step => Some(step),
    };
    let Some(Expr::Call(call)) = step else {
        return false;
    };
    let Some(Expr::List(gathered)) = call.args.get(1).map(|second| &second.expr) else {
        return false;
    };
    let is_item = |element: &IdedExpr| matches!(&element.expr, Expr::Ident(name) if *name == comprehension.iter_var);
    adds_to_result(call) && !gathered.elements.iter().all(is_item)
}

/// Whether an expression can give true or false, as far as its outside tells.
pub(super) fn may_be_boolean(expression: &Expr) -> bool {
    match expression {
        Expr::Literal(literal) => matches!(literal, LiteralValue::Boolean(_)),
        Expr::Ident(name) => match Name::parse(name) {
            Some(Name::Value(variable)) => variable.is_boolean(),
            Some(Name::Presence(_)) => true,
            None => false,
        },
        Expr::Call(call) => match call.func_name.as_str() {
            operators::CONDITIONAL => call.args[1..].iter().all(|arm| may_be_boolean(&arm.expr)),
            operators::ADD
            | operators::SUBSTRACT
            | operators::MULTIPLY
            | operators::DIVIDE
            | operators::MODULO
            | operators::NEGATE => false,
            "size" | "int" | "uint" | "double" | "string" | "bytes" | "type" => false,
            _ => true,
        },
        Expr::Comprehension(comprehension) => {
            !matches!(comprehension.accu_init.expr, Expr::List(_))
        }
        // Members of arguments may be of any type.
        Expr::Select(_) => true,
        Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => false,
    }
}
