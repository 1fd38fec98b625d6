//! Functions of every kind that a summary can tell of.

use std::string::String;

use web::Input;

pub struct Order {
    pub name: String,
    pub count: u32,
    pub remark: String,
}

/// Returns a part of what it is given.
fn name(order: Order) -> String {
    order.name
}

/// Keeps what it is given in a field of its own.
fn labelled(name: String) -> Order {
    Order { name: format!("order {name}"), count: 0, remark: String::new() }
}

/// Leaves text in a parameter.
fn append(text: &mut String, name: &str) {
    text.push_str(" AND name = ");
    text.push_str(name);
}

impl Order {
    /// Checks a part of itself, and returns only if it is one of two.
    fn check(&self) {
        if self.remark != "gift" && self.remark != "none" {
            panic!()
        }
    }

    /// Tells what holds where it is true.
    fn is_urgent(&self) -> bool {
        self.remark == "urgent"
    }

    /// Gives a part of itself to a sink.
    fn store(&self) {
        sink::text(&self.name);
    }
}

/// Calls what it is given.
fn with_name(order: &Order, then: impl Fn(&str)) {
    then(&order.name);
}

/// Fails depending on what it is given.
fn positive(count: i64) -> Option<i64> {
    if count > 0 { Some(count) } else { None }
}

/// Answers with what went wrong.
fn load() -> Result<String, db::Error> {
    db::load()
}

/// Takes a request.
fn serve(Input(order): Input<Order>) {
    order.check();
    order.store();
    let mut text = String::from("SELECT 1 WHERE ");
    append(&mut text, &order.remark);
    sink::text(&text);
    with_name(&order, |name| sink::text(name));
    if order.is_urgent() {
        sink::size(order.count);
    }
    let _ = (name(order), positive(1), labelled(String::new()));
    if let Err(error) = load() {
        sink::leak(error.to_string());
    }
}

fn main() {
    serve(todo!())
}
