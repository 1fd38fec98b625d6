//! What loading makes of rows, right ones and wrong ones.

use std::fmt::Write;

use ward_semantics::{Carries, Template};
use ward_syntax::Symbol;

use super::{
    AttributeParameters, Bound, CallModel, Callers, Edge, KindCarries, ModelFile, Models, Port, SourceClass,
    UserModels, When, load,
};

fn file<'a>(name: &'a str, text: &'a str) -> ModelFile<'a> {
    ModelFile { name, text }
}

fn user_file(text: &str) -> UserModels<'_> {
    UserModels { file: file("ward.toml", text), section: &[] }
}

/// Loads a text that must be right.
fn loaded(text: &str) -> Models {
    let (models, errors) = load(&[file("lib.toml", text)], None);
    assert_eq!(errors, []);
    models
}

/// The errors in a text, a line each.
fn errors(text: &str) -> String {
    let (_, errors) = load(&[file("lib.toml", text)], None);
    errors.iter().fold(String::new(), |mut all, error| {
        writeln!(all, "{error}").unwrap();
        all
    })
}

fn sym(text: &str) -> Symbol {
    Symbol::new(text)
}

fn method<'a>(models: &'a Models, ty: &str, name: &str) -> &'a CallModel {
    &models.methods[&(sym(ty), sym(name))]
}

/// A flow as it is written in a file.
fn flow(model: &CallModel) -> Vec<String> {
    model
        .flow
        .as_ref()
        .unwrap()
        .iter()
        .map(|Edge { from, to, .. }| format!("{} -> {}", port(*from), port(*to)))
        .collect()
}

fn port(port: Port) -> String {
    match port {
        Port::Receiver => "self".to_owned(),
        Port::Argument(n) => n.to_string(),
        Port::Arguments => "args".to_owned(),
        Port::Return => "return".to_owned(),
        Port::ClosureParameter(n, p) => format!("{n}.{p}"),
        Port::ClosureReturn(n) => format!("{n}.return"),
        Port::Name => "name".to_owned(),
    }
}

#[test]
fn types_are_described_for_resolution() {
    let models = loaded(
        r#"
        [[type]]
        path = "lib::Wrap"
        aliases = ["lib::wrap::Wrap", "other::Wrap"]
        params = ["T"]
        deref = "T"
        fields = { 0 = "T", name = "String" }
        implements = "lib::Read"

        [type.methods]
        get = "Option<T>"
        own = "Wrap<T>"
        each = { returns = "Vec<F0>", closures = { 0 = ["T", "usize"] } }

        [type.functions]
        new = "Wrap<A0>"

        [[type]]
        path = ["lib::Id", "lib::Day"]
        text = "none"

        [[type]]
        path = "lib::Boxed"
        aliases = "other::Boxed"
        params = ["T"]
        is = "Box<Wrap<T>>"

        [[fn]]
        path = "lib::open"
        aliases = "lib::file::open"
        returns = "other::Boxed<String>"
        "#,
    );
    let externals = &models.externals;
    let wrap = &externals.types[&sym("lib::Wrap")];
    let string = Template::Named(sym("std::string::String"), Vec::new());
    let of = |path: &str, arg: Template| Template::Named(sym(path), vec![arg]);
    let hole = Template::Hole(sym("T"));
    assert_eq!(wrap.params, [sym("T")]);
    assert_eq!(wrap.deref, Some(hole.clone()));
    assert_eq!(wrap.fields[&sym("0")], hole);
    assert_eq!(wrap.fields[&sym("name")], string);
    assert_eq!(wrap.implements, [Template::Named(sym("lib::Read"), Vec::new())]);
    assert_eq!(wrap.methods[&sym("get")].returns, Some(of("std::option::Option", hole.clone())));
    assert_eq!(wrap.methods[&sym("own")].returns, Some(of("lib::Wrap", hole.clone())));
    assert_eq!(wrap.methods[&sym("new")].returns, Some(of("lib::Wrap", Template::Hole(sym("A0")))));
    let usize = Template::Named(sym("usize"), Vec::new());
    assert_eq!(wrap.methods[&sym("each")].closures, [(0, vec![hole, usize])]);
    assert_eq!(externals.types[&sym("lib::Day")].carries, Carries::Nothing);
    assert_eq!(externals.canonical(sym("other::Wrap")), sym("lib::Wrap"));
    let expected = of("std::boxed::Box", of("lib::Wrap", string));
    assert_eq!(externals.functions[&sym("lib::open")].returns, Some(expected));
    assert!(externals.type_aliases.contains_key(&externals.canonical(sym("other::Boxed"))));
    assert!(!externals.types.contains_key(&sym("lib::Boxed")));
    for known in ["lib", "lib::wrap", "lib::file::open", "other", "other::Wrap", "lib::Read"] {
        assert!(externals.known_paths.contains(&sym(known)), "{known}");
    }
    assert!(method(&models, "lib::Wrap", "get").has_receiver);
    assert!(!method(&models, "lib::Wrap", "new").has_receiver);
}

#[test]
fn data_passes_by_default() {
    let models = loaded(
        r#"
        [[type]]
        path = "lib::List"
        params = ["T"]

        [type.methods]
        first = "Option<T>"
        length = "usize"
        map = { returns = "lib::List<F0>", closures = { 0 = ["T"] } }
        map_second = { returns = "(T, F1)", closures = { 1 = ["usize", "T"] } }
        or = "A0"
        keep = { returns = "Self", closures = { 0 = ["T"] } }
        push = { returns = "()", flow = ["0 -> self"] }
        run = { flow = [] }

        [type.functions]
        of = "List<A1>"
        make = "List<T>"
        with = { returns = "List<F0>" }

        [[fn]]
        path = "lib::exit"
        diverges = true

        [[fn]]
        path = "lib::List::parse"
        returns = "Result<List<G0>, _>"
        "#,
    );
    let of = |name: &str| flow(method(&models, "lib::List", name));
    assert_eq!(of("first"), ["self -> return"]);
    assert_eq!(of("map"), ["0.return -> return", "self -> 0.0"]);
    assert_eq!(of("map_second"), ["self -> return", "1.return -> return", "self -> 1.0", "self -> 1.1"]);
    assert_eq!(of("or"), ["0 -> return"]);
    assert_eq!(of("keep"), ["self -> return", "self -> 0.0"]);
    assert_eq!(of("push"), ["0 -> self"]);
    assert!(of("run").is_empty());
    assert_eq!(of("of"), ["1 -> return"]);
    assert_eq!(of("make"), ["args -> return"]);
    assert_eq!(of("with"), ["0.return -> return"]);
    assert_eq!(of("parse"), ["args -> return"]);
    assert!(models.externals.functions.contains_key(&sym("lib::List::parse")));
    assert!(models.externals.types[&sym("lib::List")].methods.contains_key(&sym("parse")));
    let exit = &models.functions[&sym("lib::exit")];
    assert!(exit.diverges);
    assert_eq!(flow(exit), ["args -> return"]);
}

#[test]
fn what_rows_say_of_one_callee_is_merged() {
    let models = loaded(
        r#"
        [[type]]
        path = "lib::Db"
        aliases = ["lib::db::Db"]

        [type.methods]
        run = { returns = "Vec<F1>", closures = { 1 = ["String"] } }
        quote = "String"

        [[fn]]
        path = "lib::sql"
        aliases = ["lib::db::sql"]

        [[step]]
        call = ["lib::db::Db::quote"]
        flow = ["0 -> return"]

        [[step]]
        call = ["lib::Db::quote"]
        flow = ["1 -> return"]

        [[sink]]
        call = ["lib::db::Db::run", "lib::db::sql"]
        input = "0"
        kind = "sql"
        help = "bind it"
        name_only = { methods = ["run"], arguments = 2 }

        [[sink]]
        call = "lib::Db::run"
        input = "args"
        kind = "log"
        help = "do not"

        [[barrier]]
        call = "lib::Db::quote"
        kinds = ["sql"]
        context = "sql-quoted"

        [[barrier]]
        call = ["lib::Db::check", "str::is_ascii"]
        kinds = ["*"]
        what = "0"
        when = "ok"
        "#,
    );
    let run = method(&models, "lib::Db", "run");
    assert_eq!(run.sinks.iter().map(|sink| sink.kind.as_str()).collect::<Vec<_>>(), ["sql", "log"]);
    assert_eq!(run.sinks[0].krate, sym("lib"));
    assert_eq!(flow(run), ["1.return -> return"]);
    assert_eq!(models.functions[&sym("lib::sql")].sinks[0].input, Port::Argument(0));
    assert!(flow(&models.functions[&sym("lib::sql")]).is_empty());
    let quote = method(&models, "lib::Db", "quote");
    assert_eq!(flow(quote), ["0 -> return", "1 -> return"]);
    assert_eq!(quote.barriers[0].context, Some(sym("sql-quoted")));
    assert_eq!((quote.barriers[0].what, quote.barriers[0].when), (Port::Return, When::Always));
    let check = method(&models, "lib::Db", "check");
    assert_eq!((check.barriers[0].what, check.barriers[0].when), (Port::Argument(0), When::Ok));
    assert!(check.flow.is_none());
    assert!(models.externals.types[&sym("lib::Db")].methods.contains_key(&sym("check")));
    let kinds: Vec<Symbol> = models.kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(kinds, [sym("log"), sym("sql")]);
    let name_only = &models.name_only_sinks[&sym("run")][0];
    assert_eq!((name_only.arguments, name_only.crates.as_slice()), (2, &[sym("lib")][..]));
}

#[test]
fn kinds_say_what_is_dangerous() {
    let models = loaded(
        r#"
        [[kind]]
        name = "size"
        carries = "large-number"
        bound = "any"

        [[kind]]
        name = "leak"
        carries = "any"
        from = ["error", "stored"]
        callers = true

        [[type]]
        path = "lib::Error"
        text = "none"

        [[source]]
        error_type = "lib::Error"
        kind = "database"

        [[source]]
        call = "lib::rows"
        class = "stored"
        kind = "row"

        [[sink]]
        call = "lib::say!"
        input = "0"
        kind = "leak"
        help = ""
        "#,
    );
    let size = models.kinds.get(sym("size")).unwrap();
    assert_eq!((size.carries, size.bound), (KindCarries::LargeNumber, Bound::Any));
    assert_eq!((size.from.as_slice(), size.callers), (&[SourceClass::Request][..], Callers::Ignored));
    let leak = models.kinds.get(sym("leak")).unwrap();
    assert_eq!(leak.from, [SourceClass::Error, SourceClass::Stored]);
    assert_eq!((leak.carries, leak.callers), (KindCarries::Any, Callers::Count));
    let error = models.type_sources[&sym("lib::Error")];
    assert_eq!((error.class, error.kind), (SourceClass::Error, sym("database")));
    assert_eq!(models.externals.types[&sym("lib::Error")].carries, Carries::Text);
    assert_eq!(models.functions[&sym("lib::rows")].source.unwrap().class, SourceClass::Stored);
    assert!(models.macro_names.contains(&sym("say")) && models.macro_sinks.contains_key(&sym("lib::say")));
}

#[test]
fn sources_come_in_six_ways() {
    let models = loaded(
        r#"
        [[type]]
        path = "lib::Query"
        aliases = ["lib::extract::Query"]

        [[source]]
        parameter = ["lib::extract::Query", "bytes::Bytes"]
        kind = "query"

        [[source]]
        parameter = "String"
        beside = ["lib::extract::Query"]
        kind = "body"

        [[source]]
        call = "lib::Request::header"
        kind = "header"

        [[source]]
        attribute = ["lib::get"]
        parameters = "bracketed"
        kind = "path"

        [[source]]
        impl_attribute = "lib::Object"
        parameters = "all"
        kind = "argument"

        [[source]]
        handler_of = "lib::Filter::and_then"
        argument = 1
        types = ["String", "lib::extract::Query"]
        kind = "body"
        "#,
    );
    assert_eq!(models.parameter_sources[&sym("lib::Query")].kind, sym("query"));
    assert!(models.parameter_sources.contains_key(&sym("bytes::Bytes")));
    assert!(!models.parameter_sources.contains_key(&sym("std::string::String")));
    let beside = &models.sources_beside[0];
    assert_eq!(
        (beside.types.as_slice(), beside.beside.as_slice()),
        (&[sym("std::string::String")][..], &[sym("lib::Query")][..])
    );
    assert_eq!(method(&models, "lib::Request", "header").source.unwrap().kind, sym("header"));
    assert_eq!(models.function_attributes[&sym("lib::get")].parameters, AttributeParameters::Bracketed);
    assert_eq!(models.impl_attributes[&sym("lib::Object")].parameters, AttributeParameters::All);
    let handler = &method(&models, "lib::Filter", "and_then").handlers[0];
    assert_eq!((handler.argument, handler.source.kind), (1, sym("body")));
    assert_eq!(handler.types, [sym("std::string::String"), sym("lib::Query")]);
}

#[test]
fn a_module_has_other_names() {
    let models = loaded(
        r#"
        [[module]]
        path = "lib::http"
        aliases = ["web::http", "lib::web"]

        [[type]]
        path = "lib::http::Uri"
        aliases = ["lib::http::uri::Uri"]

        [[type]]
        path = "web::http::Body"

        [[fn]]
        path = "lib::http::get"
        "#,
    );
    let canonical = |path: &str| models.externals.canonical(sym(path)).as_str();
    assert_eq!(canonical("web::http::Uri"), "lib::http::Uri");
    assert_eq!(canonical("lib::web::uri::Uri"), "lib::http::Uri");
    assert_eq!(canonical("lib::web::get"), "lib::http::get");
    assert_eq!(canonical("web::http::Body"), "web::http::Body");
    assert!(models.externals.known_paths.contains(&sym("web::http")));
}

#[test]
fn a_user_adds_rows() {
    let lib = "[[type]]\npath = \"lib::Db\"\n[type.methods]\nrun = \"()\"\n[[kind]]\nname = \"sql\"\n";
    let user = r#"
        lints = { anything = 1 }

        [[model.type]]
        path = "ours::Db"
        deref = "lib::Db"

        [[model.sink]]
        call = ["lib::Db::run", "ours::raw"]
        input = "0"
        kind = "sql"
        help = "bind it"
    "#;
    let (models, errors) = load(&[file("lib.toml", lib)], Some(user_file(user)));
    assert_eq!(errors, []);
    assert_eq!(method(&models, "lib::Db", "run").sinks[0].krate, sym("lib"));
    assert!(models.functions[&sym("ours::raw")].sinks[0].input == Port::Argument(0));
    assert!(models.externals.types[&sym("ours::Db")].deref.is_some());

    let wrong = user.replace("\"sql\"", "\"sqll\"");
    let (_, errors) = load(&[file("lib.toml", lib)], Some(user_file(&wrong)));
    let message = "ward.toml:11:16: no lint asks for sinks of kind `sqll`; did you mean `sql`?";
    assert_eq!(errors[0].to_string(), message);

    let wrong = "[[model.type]]\npath = \"lib::Db\"\n[[model.sink]]\ncal = \"x\"\n";
    let (_, errors) = load(&[file("lib.toml", lib)], Some(user_file(wrong)));
    assert_eq!(errors[0].to_string(), "ward.toml:4:1: unknown key `cal`; did you mean `call`?");
    let wrong = "[[model.type]]\npath = \"lib::Db\"\n";
    let (_, errors) = load(&[file("lib.toml", lib)], Some(user_file(wrong)));
    let message = "ward.toml:2:8: `lib::Db` is described twice; also in `lib.toml`; its flow can be changed by a `step`";
    assert_eq!(errors[0].to_string(), message);
    let manifest = UserModels {
        file: file("Cargo.toml", "[package.metadata.ward]\nmodel.sink = [{ cal = 1 }]\n"),
        section: &["package", "metadata", "ward"],
    };
    let (_, errors) = load(&[], Some(manifest));
    assert_eq!(errors[0].to_string(), "Cargo.toml:2:17: unknown key `cal`; did you mean `call`?");
    let (_, errors) = load(&[], Some(user_file("[other]\nmodel = 1")));
    assert_eq!(errors, []);
}

#[test]
fn errors_of_form() {
    insta::assert_snapshot!("not_toml", errors("[[type]\npath = 1"));
    insta::assert_snapshot!("unknown_section", errors("[[tipe]]\npath = \"lib::A\"\n"));
    insta::assert_snapshot!("unknown_key", errors("[[type]]\npath = \"lib::A\"\nmetods = {}\n"));
    insta::assert_snapshot!(
        "unknown_key_of_a_method",
        errors("[[type]]\npath = \"lib::A\"\n[type.methods]\na = \"()\"\nb = { return = \"()\" }\n",)
    );
    insta::assert_snapshot!(
        "missing_key",
        errors("[[sink]]\ncall = \"lib::a\"\ninput = \"0\"\nhelp = \"ä\"\n")
    );
    insta::assert_snapshot!("wrong_form", errors("[[fn]]\npath = \"lib::a\"\ndiverges = \"yes\"\n"));
}

#[test]
fn errors_of_paths_and_types() {
    insta::assert_snapshot!(
        "paths",
        errors(
            "[[type]]\npath = \"lib:A\"\n[[fn]]\npath = [\"lib::a()\", \"\", \"lib::*\", \"lib::2\"]\n\
         [[source]]\nparameter = \"lib::Query<T>\"\nkind = \"query\"\n",
        )
    );
    insta::assert_snapshot!(
        "twice",
        errors(
            "[[type]]\npath = \"lib::A\"\n[type.methods]\na = \"()\"\n[type.functions]\na = \"()\"\n\
         [[type]]\npath = \"lib::A\"\n[[fn]]\npath = [\"lib::b\", \"lib::b\"]\n",
        )
    );
    insta::assert_snapshot!(
        "aliases",
        errors(
            "[[type]]\npath = \"lib::A\"\naliases = \"lib::C\"\n[[type]]\npath = \"lib::B\"\naliases = [\"lib::C\"]\n\
         [[type]]\npath = [\"lib::D\", \"lib::E\"]\naliases = \"lib::F\"\n",
        )
    );
    insta::assert_snapshot!(
        "templates",
        errors(
            "[[type]]\npath = \"lib::Answer\"\nparams = [\"T\"]\nderef = \"Option<T\"\nfields = { a = \"U\" }\n\
         [type.methods]\nb = \"\"\nc = \"Anser<T>\"\nd = { closures = { x = [\"T\"], 0 = [\"T T\"] } }\n",
        )
    );
    insta::assert_snapshot!(
        "a_name_that_several_share",
        errors(
            "[[type]]\npath = \"lib::a::Pool\"\n[type.methods]\nown = \"Pool\"\n\
             [[type]]\npath = \"lib::b::Pool\"\n[[fn]]\npath = \"lib::open\"\nreturns = \"Option<Pool>\"\n",
        )
    );
    insta::assert_snapshot!(
        "type_alias_with_more",
        errors("[[type]]\npath = \"lib::A\"\nis = \"String\"\ntext = \"none\"\n",)
    );
}

#[test]
fn errors_of_words() {
    insta::assert_snapshot!(
        "ports",
        errors(
            "[[step]]\ncall = \"lib::A::b\"\nflow = [\"0 -> retrun\", \"0 > self\", \"return -> 0\", \"0 -> args\"]\n\
         [[fn]]\npath = \"lib::c\"\nflow = [\"self -> return\"]\n\
         [[sink]]\ncall = \"lib::d\"\ninput = \"sefl\"\nkind = \"sql\"\nhelp = \"\"\n\
         [[sink]]\ncall = \"lib::d\"\ninput = \"return\"\nkind = \"sql\"\nhelp = \"\"\n",
        )
    );
    insta::assert_snapshot!(
        "kinds_and_words",
        errors(
            "[[type]]\npath = \"lib::A\"\ntext = \"some\"\n\
         [[source]]\nparameter = \"lib::A\"\nkind = \"querry\"\n\
         [[source]]\nattribute = \"lib::get\"\nparameters = \"brackets\"\nkind = \"path\"\n\
         [[sink]]\ncall = \"lib::a\"\ninput = \"0\"\nkind = \"sql\"\nhelp = \"\"\n\
         [[barrier]]\ncall = \"lib::b\"\nkinds = [\"sqll\", \"*\"]\nwhen = \"okay\"\n",
        )
    );
    insta::assert_snapshot!(
        "rows_without_a_place",
        errors(
            "[[source]]\nkind = \"path\"\n\
         [[source]]\nparameter = \"lib::A\"\ncall = \"lib::a\"\nkind = \"path\"\n\
         [[source]]\nimpl_attribute = \"lib::Object\"\nkind = \"argument\"\n\
         [[sink]]\ninput = \"0\"\nkind = \"sql\"\nhelp = \"\"\n",
        )
    );
}
