use crate::package::Parameter;
use crate::web::filters;

/// What values a hyperparameter takes, in words; empty when anything of its type.
pub fn words(parameter: &Parameter) -> String {
    if !parameter.choices.is_empty() {
        return parameter.choices.join(", ");
    }
    match (parameter.min, parameter.max) {
        (Some(min), Some(max)) => format!("{} to {}", number(min), number(max)),
        (Some(min), None) => format!("at least {}", number(min)),
        (None, Some(max)) => format!("at most {}", number(max)),
        (None, None) if parameter.channel => "dataset".to_owned(),
        (None, None) => String::new(),
    }
}

/// 5,000 and 0.001.
fn number(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // exact in this range
    match value {
        value if value.fract() == 0.0 && value.abs() < 1e15 => filters::grouped(value as i128),
        value => value.to_string(),
    }
}
