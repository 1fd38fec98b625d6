//! The name that was probably meant.

/// `did you mean ..?` with the nearest of the right names, if one is near.
pub fn did_you_mean<'a>(wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = right.into_iter().filter_map(|name| Some((distance(wrong, name)?, name)));
    near.min().map(|(_, name)| format!("did you mean `{name}`?"))
}

/// How far two names are from each other, if they are near.
pub fn distance(wrong: &str, right: &str) -> Option<usize> {
    let distance = strsim::damerau_levenshtein(wrong, right);
    let far = (wrong.chars().count() / 3).clamp(1, 4);
    (distance <= far).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn only_near_names_are_meant() {
        let names = ["exclude", "lints"];
        assert_eq!(did_you_mean("exlcude", names).as_deref(), Some("did you mean `exclude`?"));
        assert_eq!(did_you_mean("lint", names).as_deref(), Some("did you mean `lints`?"));
        assert_eq!(did_you_mean("threads", names), None);
        assert_eq!(did_you_mean("", []), None);
    }
}
