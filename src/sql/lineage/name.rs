//! The name that Postgres gives to an output column without an alias.

use super::fold::fold;
use sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, CeilFloorKind, DataType, Expr, ObjectNamePart, SelectItem, SetExpr,
    TimezoneInfo, TrimWhereField,
};
use std::sync::Arc;

/// As in `FigureColname` of Postgres' parser.
pub(in crate::sql) fn output_name(expr: &Expr) -> Arc<str> {
    strong_name(expr).or_else(|| weak_name(expr)).unwrap_or_else(|| "?column?".into())
}

/// Names of columns and functions; a cast or a CASE passes them on.
fn strong_name(expr: &Expr) -> Option<Arc<str>> {
    match expr {
        Expr::Identifier(ident) => Some(fold(ident)),
        Expr::CompoundIdentifier(idents) => idents.last().map(fold),
        Expr::CompoundFieldAccess { root, access_chain } => access_chain
            .iter()
            .rev()
            .find_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(field)) => Some(fold(field)),
                _ => None,
            })
            .or_else(|| strong_name(root)),
        Expr::Function(function) => match function.name.0.last()? {
            ObjectNamePart::Identifier(ident) => Some(fold(ident)),
            ObjectNamePart::Function(function) => Some(fold(&function.name)),
        },
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } | Expr::Cast { expr: inner, .. } => {
            strong_name(inner)
        }
        Expr::Case { else_result: Some(result), .. } => strong_name(result),
        Expr::Subquery(query) => match &*query.body {
            SetExpr::Select(select) => match select.projection.first()? {
                SelectItem::UnnamedExpr(expr) => Some(output_name(expr)),
                SelectItem::ExprWithAlias { alias, .. } => Some(fold(alias)),
                _ => None,
            },
            _ => None,
        },
        _ => special_function(expr).map(Arc::from),
    }
}

/// Syntax that Postgres turns into a function call.
fn special_function(expr: &Expr) -> Option<&'static str> {
    Some(match expr {
        Expr::Exists { negated: false, .. } => "exists",
        Expr::Array(_) => "array",
        Expr::Extract { .. } => "extract",
        Expr::Ceil { field: CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_), .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::Position { .. } => "position",
        Expr::Substring { .. } => "substring",
        Expr::Overlay { .. } => "overlay",
        Expr::AtTimeZone { .. } => "timezone",
        Expr::Trim { trim_where: Some(TrimWhereField::Leading), .. } => "ltrim",
        Expr::Trim { trim_where: Some(TrimWhereField::Trailing), .. } => "rtrim",
        Expr::Trim { .. } => "btrim",
        Expr::Tuple(_) => "row",
        _ => return None,
    })
}

fn weak_name(expr: &Expr) -> Option<Arc<str>> {
    match expr {
        Expr::Nested(inner) => weak_name(inner),
        Expr::Case { .. } => Some("case".into()),
        Expr::Cast { data_type, .. } => Some(type_name(data_type)),
        Expr::TypedString(typed) => Some(type_name(&typed.data_type)),
        Expr::Interval(_) => Some("interval".into()),
        _ => None,
    }
}

/// The catalog's name of a type.
fn type_name(data_type: &DataType) -> Arc<str> {
    let zoned = |info: &TimezoneInfo, plain: &'static str, with_zone: &'static str| match info {
        TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => with_zone,
        TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => plain,
    };
    let name = match data_type {
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => "int4",
        DataType::BigInt(_) | DataType::Int8(_) => "int8",
        DataType::SmallInt(_) | DataType::Int2(_) => "int2",
        DataType::Boolean | DataType::Bool => "bool",
        DataType::DoublePrecision | DataType::Double(_) | DataType::Float8 => "float8",
        DataType::Real | DataType::Float4 => "float4",
        DataType::Decimal(_) | DataType::Numeric(_) | DataType::Dec(_) => "numeric",
        DataType::Varchar(_) | DataType::CharacterVarying(_) | DataType::CharVarying(_) => "varchar",
        DataType::Char(_) | DataType::Character(_) => "bpchar",
        DataType::Timestamp(_, info) => zoned(info, "timestamp", "timestamptz"),
        DataType::Time(_, info) => zoned(info, "time", "timetz"),
        DataType::Interval { .. } => "interval",
        DataType::Array(
            ArrayElemTypeDef::SquareBracket(inner, _)
            | ArrayElemTypeDef::AngleBracket(inner)
            | ArrayElemTypeDef::Parenthesis(inner),
        ) => return type_name(inner),
        DataType::Custom(name, _) => {
            return match name.0.last() {
                Some(ObjectNamePart::Identifier(ident)) => fold(ident),
                _ => name.to_string().into(),
            };
        }
        other => {
            let text = other.to_string().to_ascii_lowercase();
            return text.split(['(', ' ']).next().unwrap_or_default().into();
        }
    };
    name.into()
}
