//! The name that was probably meant.

/// `did you mean ..?` with the nearest of the right names, if one is near.
pub fn did_you_mean<'a>(wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let distance = |name: &str| strsim::damerau_levenshtein(wrong, name);
    let (distance, name) = right.into_iter().map(|name| (distance(name), name)).min()?;
    let far = (wrong.chars().count() / 3).clamp(1, 4);
    (distance <= far).then(|| format!("did you mean `{name}`?"))
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
