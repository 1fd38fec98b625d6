//! What the test of flows evaluates: a line that a kind of sink is reported on names it.

use std::fmt;

use web::Input;

struct Page {
    limit: u64,
    offset: u32,
    part: u8,
    name: String,
    all: bool,
}

fn fields(page: Input<Page>) {
    sink::size(page.limit); //~ size
    sink::index(page.limit); //~ index
    sink::index(page.part); //~ index
    sink::size(page.part);
    sink::index(page.all);
    sink::text(&page.name); //~ text
    sink::text(page.limit);
    sink::text(format!("{}", page.limit));
}

fn parsed(text: Input<String>) {
    let number: usize = text.parse().unwrap();
    sink::size(number); //~ size
    sink::text(number);
    sink::size(number * 2 + 1); //~ size
    sink::size(number as u8);
    sink::size(text.len());
    for (at, c) in text.chars().enumerate() {
        sink::index(at);
    }
    let Ok(other) = text.parse::<u64>() else { return };
    sink::size(other); //~ size
}

const MOST: u64 = 100;

fn bounds(page: Input<Page>, list: Input<Vec<u64>>) {
    sink::size(page.limit.min(MOST));
    sink::size(std::cmp::min(page.limit, 10));
    sink::size(page.limit.max(MOST)); //~ size
    sink::size(page.limit.clamp(1, MOST));
    sink::size(page.limit % MOST);
    sink::size(MOST % page.limit);
    sink::size(page.limit.min(list[0])); //~ size
    if page.offset < 10 {
        sink::size(page.offset);
    } else {
        sink::size(page.offset); //~ size
    }
    if page.offset > 10 {
        return;
    }
    sink::size(page.offset);
}

fn lower(page: Input<Page>) -> Result<(), ()> {
    if page.limit < 1 {
        return Err(());
    }
    sink::size(page.limit); //~ size
    sink::index(page.limit);
    Ok(())
}

fn zero(page: Input<Page>) {
    if page.limit == 0 {
        return;
    }
    sink::index(page.limit);
    sink::size(page.limit); //~ size
}

fn across(page: Input<Page>) {
    take(page.limit, 1);
    let bounded = limit(page.limit);
    sink::size(bounded);
    if is_small(page.limit) {
        sink::size(page.limit);
    }
    let again = passed(page.limit);
    sink::size(again); //~ size
}

fn take(count: u64, other: u64) {
    sink::size(count); //~ size
    sink::size(other);
}

fn limit(count: u64) -> u64 {
    count.min(5)
}

fn is_small(count: u64) -> bool {
    count <= 5
}

fn passed(count: u64) -> u64 {
    count + 1
}

#[derive(Debug)]
enum AppError {
    #[error("database: {0}")]
    Db(db::Error),
    #[error("hidden")]
    Hidden(db::Error),
    #[error("no {0}")]
    Missing(String),
}

impl From<db::Error> for AppError {
    fn from(error: db::Error) -> Self {
        Self::Db(error)
    }
}

enum Fixed {
    Hidden(db::Error),
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Hidden(_) => write!(f, "hidden"),
        }
    }
}

fn matched() {
    match db::load() {
        Ok(text) => sink::leak(text),
        Err(error) => sink::leak(error.to_string()), //~ leak
    }
    if let Err(error) = db::load() {
        sink::leak(format!("failed: {error}")); //~ leak
    }
}

fn mapped() -> Result<String, String> {
    let made = db::load().map_err(|error| {
        sink::leak(error); //~ leak
        "failed".to_string()
    })?;
    let told = outer().map_err(|error| error.to_string());
    match told {
        Ok(text) => sink::leak(text),
        Err(text) => sink::leak(text), //~ leak
    }
    Ok(made)
}

fn outer() -> Result<String, AppError> {
    Ok(db::load()?)
}

fn derived(error: AppError) {
    sink::leak(format!("{error}")); //~ leak
    match error {
        AppError::Db(_) => {}
        AppError::Hidden(inner) => sink::leak(inner.to_string()), //~ leak
        AppError::Missing(name) => sink::leak(name),
    }
}

fn fixed() {
    match db::load().map_err(Fixed::Hidden) {
        Ok(_) => {}
        Err(error) => sink::leak(error.to_string()),
    }
    match db::load().map_err(AppError::Hidden) {
        Ok(_) => {}
        Err(error) => sink::leak(error.to_string()), //~ leak
    }
}

fn told(name: Input<String>, page: Input<Page>) {
    sink::tell!(name, page.limit);
    sink::tell!(page.limit, name.as_str()); //~ text
}
