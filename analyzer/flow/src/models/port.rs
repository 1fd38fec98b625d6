//! The text of ports and of edges between them.

use ward_syntax::Symbol;

use super::{Edge, Input, Part, Port};
use crate::models::error::did_you_mean;

/// Why a text is no port or edge, and what was probably meant.
pub(super) type Wrong = (String, Option<String>);

const EXAMPLES: [&str; 6] = ["self", "return", "args", "0", "0.0", "0.return"];

/// Reads `self`, `0`, `args`, `return`, `0.1` or `0.return`.
pub(super) fn parse_port(text: &str) -> Result<Port, Wrong> {
    let port = match text {
        "self" => Some(Port::Receiver),
        "return" => Some(Port::Return),
        "args" => Some(Port::Arguments),
        "name" => Some(Port::Name),
        _ => match text.split_once('.') {
            None => number(text).map(Port::Argument),
            Some((argument, "return")) => number(argument).map(Port::ClosureReturn),
            Some((argument, parameter)) => {
                number(argument).zip(number(parameter)).map(|(a, p)| Port::ClosureParameter(a, p))
            }
        },
    };
    port.ok_or_else(|| {
        let help = did_you_mean(text, EXAMPLES);
        (
            format!("`{text}` is no port"),
            help.or_else(|| Some(format!("ports are `{}`", EXAMPLES.join("`, `")))),
        )
    })
}

/// Reads `self`, or `self[content-type]`.
pub(super) fn parse_input(text: &str) -> Result<Input, Wrong> {
    let (port, part) = with_part(text);
    Ok(Input { port: parse_port(port)?, part: part.map(Symbol::new) })
}

/// A port and the part between brackets behind it.
fn with_part(text: &str) -> (&str, Option<&str>) {
    let split = text.strip_suffix(']').and_then(|rest| rest.split_once('['));
    split.map_or((text, None), |(port, part)| (port, Some(part)))
}

/// Reads `0 -> self`, or `1 -> return[0]`.
pub(super) fn parse_edge(text: &str) -> Result<Edge, Wrong> {
    let Some((from, to)) = text.split_once("->") else {
        return Err((format!("`{text}` is no flow"), Some("write it as `0 -> return`".to_owned())));
    };
    let (to, part) = with_part(to.trim());
    let part = part.map(|part| match number(part) {
        Some(index) => Part::Argument(index),
        None if part == "*" => Part::Pairs,
        None => Part::Named(Symbol::new(part)),
    });
    let edge = Edge { from: parse_port(from.trim())?, to: parse_port(to)?, part };
    if matches!(edge.from, Port::Return | Port::ClosureParameter(..)) {
        return Err((format!("nothing comes out of `{}` into a call", from.trim()), None));
    }
    if matches!(edge.to, Port::Arguments | Port::ClosureReturn(_) | Port::Name) {
        return Err((format!("a call cannot put anything into `{to}`"), None));
    }
    Ok(edge)
}

fn number(text: &str) -> Option<u8> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use ward_syntax::Symbol;

    use super::{Edge, Input, Part, Port, parse_edge, parse_input, parse_port};

    #[test]
    fn every_form_of_port_is_read() {
        let ports =
            ["self", "args", "return", "0", "12", "0.1", "2.return"].map(|text| parse_port(text).unwrap());
        let expected = [
            Port::Receiver,
            Port::Arguments,
            Port::Return,
            Port::Argument(0),
            Port::Argument(12),
            Port::ClosureParameter(0, 1),
            Port::ClosureReturn(2),
        ];
        assert_eq!(ports, expected);
        assert_eq!(parse_edge("0->self").unwrap(), Edge::new(Port::Argument(0), Port::Receiver));
    }

    #[test]
    fn parts_stand_in_brackets() {
        let edge = Edge::new(Port::Argument(1), Port::Return);
        assert_eq!(parse_edge("1 -> return[0]").unwrap(), Edge { part: Some(Part::Argument(0)), ..edge });
        let named = Some(Part::Named(Symbol::new("status")));
        assert_eq!(
            parse_edge("name -> return[status]").unwrap(),
            Edge { from: Port::Name, part: named, ..edge }
        );
        let input = Input { port: Port::Receiver, part: Some(Symbol::new("status")) };
        assert_eq!(parse_input("self[status]").unwrap(), input);
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in ["", "Self", "-1", "+1", "0.", ".0", "0.1.2", "256", "retrun"] {
            assert!(parse_port(text).is_err(), "{text}");
        }
        for text in ["0", "0 -> ", "return -> 0", "0.0 -> return", "0 -> args", "self -> 0.return"] {
            assert!(parse_edge(text).is_err(), "{text}");
        }
        assert_eq!(parse_port("retrun").unwrap_err().1.unwrap(), "did you mean `return`?");
    }
}
