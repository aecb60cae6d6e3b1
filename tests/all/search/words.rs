//! Words as people type them: in every script, with mistakes, said twice.

use galleria::algorithms::{self, Reader};
use galleria::clock;
use galleria::search::Query;

use super::{MARKET, found, search};
use crate::market::listed;
use crate::support::TestApp;

#[test]
fn text_without_spaces_is_found_by_its_parts() {
    let app = TestApp::new();
    app.algorithm("ann", "learning").text("title", "机器学习分类").publish();
    app.algorithm("ann", "vision").text("title", "画像分類モデル").publish();
    assert_eq!(search(&app, "学习"), ["ann/learning"]);
    assert_eq!(search(&app, "机器学习"), ["ann/learning"]);
    assert_eq!(search(&app, "分類"), ["ann/vision"]);
    assert_eq!(search(&app, "モデル 画像"), ["ann/vision"]);
    assert_eq!(search(&app, "器"), ["ann/learning"]);
    assert_eq!(search(&app, "习机"), [""; 0]);
    let long = "基于深度学习的医学图像分割与三维重建算法框架支持多节点分布式训练和推理服务";
    app.algorithm("ann", "long").text("title", long).publish();
    assert_eq!(search(&app, "推理服务"), ["ann/long"], "however long a row is");
    assert_eq!(search(&app, &format!("\"{long}\"")), ["ann/long"]);
}

#[test]
fn letters_are_found_however_they_are_put_together() {
    let app = TestApp::new();
    app.algorithm("ann", "bert").text("title", "مدل می\u{200c}خواهم").publish();
    app.algorithm("ann", "city").text("title", "İstanbul Trafiği").publish();
    app.algorithm("ann", "kana").text("title", "か\u{3099}くしゅう").publish();
    for (words, name) in [("می\u{200c}خواهم", "bert"), ("میخواهم", "bert"), ("istanbul", "city"), ("TRAFIGI", "city"), ("がくしゅう", "kana")]
    {
        assert_eq!(search(&app, words), [format!("ann/{name}")], "{words}");
    }
}

#[test]
fn the_address_of_a_query_asks_the_same_again() {
    for (words, also) in
        [("iris ", "task=Ranking"), ("\u{4}f:\"s \u{8} ", ""), ("  \"by their leaves ", "sort=likes"), ("c++ \u{3000}", "license=MIT")]
    {
        let mut pairs: Vec<(String, String)> = serde_html_form::from_str(also).unwrap();
        pairs.push(("q".to_owned(), words.to_owned()));
        let query = Query::read(&pairs);
        let again: Vec<(String, String)> = serde_html_form::from_str(&query.to_url()).unwrap();
        assert_eq!(Query::read(&again), query, "{words:?}");
    }
}

#[test]
fn typing_mistakes_are_forgiven_behind_what_was_typed() {
    let app = TestApp::new();
    app.algorithm("ann", "trees").text("title", "Gradient boosting").publish();
    app.algorithm("ann", "near").text("title", "Gradiant descent").publish();
    app.algorithm("ann", "cat").text("title", "Cats").publish();
    for words in ["gradeint boosting", "gradint boosting", "boosting grdient", "bosting gradient", "gradientt boostin"] {
        assert_eq!(search(&app, words), ["ann/trees"], "{words}");
    }
    assert_eq!(search(&app, "gradient"), ["ann/trees", "ann/near"]);
    assert_eq!(search(&app, "gradiant"), ["ann/near", "ann/trees"]);
    assert_eq!(search(&app, "caz"), [""; 0], "short words are meant as they are");
    assert_eq!(search(&app, "grxxxent"), [""; 0]);
    let page = app.visitor().get(&format!("{MARKET}?q=gradeint+bosting"));
    assert_eq!(listed(&app.visitor().click(&page, "gradient boosting")), ["ann/trees"]);
    assert_eq!(page.texts(".algo-title mark"), ["Gradient", "boosting"]);
}

#[test]
fn one_mistake_is_forgiven_in_four_to_seven_letters_and_two_in_more() {
    let app = TestApp::new();
    for (name, title) in [("three", "Oak"), ("four", "Pine"), ("seven", "Cypress"), ("eight", "Tamarind")] {
        app.algorithm("ann", name).text("title", title).text("summary", "Wood.").publish();
    }
    for (typed, name) in [("pone ", "four"), ("cyprass ", "seven"), ("tamurind ", "eight"), ("tamorund ", "eight"), ("tmaarind ", "eight")] {
        assert_eq!(search(&app, typed), [format!("ann/{name}")], "{typed}");
    }
    for typed in ["osk ", "pone2 ", "poen2 ", "cuprass ", "tomorund ", "\"cyprass\" "] {
        assert_eq!(search(&app, typed), [""; 0], "{typed}");
    }
}

#[test]
fn a_mistake_is_looked_for_in_the_word_that_nobody_knows() {
    let app = TestApp::new();
    for number in 0..25 {
        app.algorithm("ann", &format!("trees-{number}")).text("title", "Gradient forest").publish();
        app.algorithm("ann", &format!("others-{number}")).text("title", "Gradiant forest").publish();
    }
    // Enough is found with the known word as it was typed.
    assert_eq!(found(&app, Reader::default(), "gradient froest").total, 25);
    assert_eq!(found(&app, Reader::default(), "froest gradiant").total, 25);
    assert_eq!(found(&app, Reader::default(), "gradint froest").total, 50);
    // That somebody has the word in what others do not see is not to be found out by this.
    app.algorithm("bob", "hidden").text("title", "Froest").private().publish();
    assert_eq!(found(&app, Reader::default(), "gradient froest").total, 25);
    assert_eq!(found(&app, Reader { user: Some(app.user("bob").id), operator: false }, "gradient froest").total, 50);
    // When that is too little, it may be in every word.
    app.algorithm("ann", "seas").text("title", "Gradient ocean").publish();
    app.algorithm("ann", "waves").text("title", "Gradiant ocean").publish();
    assert_eq!(found(&app, Reader::default(), "gradient ocaen").total, 2);
}

#[test]
fn a_title_that_says_a_word_twice_or_has_many_words_is_exact_too() {
    use diesel::prelude::*;
    use galleria::schema::algorithms::dsl;
    let app = TestApp::new();
    let long = "One two three four five six seven eight nine ten eleven twelve";
    for (name, title) in [("same", "Image to image"), ("long", long)] {
        app.algorithm("ann", name).text("title", title).text("summary", "Plain.").publish();
    }
    for (name, title) in [("much-used", "Image to text to image"), ("longer", &format!("{long} thirteen") as &str)] {
        let id = app.algorithm("ann", name).text("title", title).publish().algorithm.id;
        app.write(|conn| {
            diesel::update(dsl::algorithms.find(id)).set((dsl::subscribers.eq(9_000), dsl::completed.eq(90_000))).execute(conn)?;
            algorithms::announce(conn, id, clock::now())
        });
    }
    assert_eq!(search(&app, "image to image"), ["ann/same", "ann/much-used"]);
    assert_eq!(search(&app, "Image-to-Image task:other")[..1], ["ann/same"]);
    assert_eq!(search(&app, long), ["ann/long", "ann/longer"]);
}
