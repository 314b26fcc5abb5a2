//! A table as pages of A4.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::{
    Frame, Side, Table,
    metrics::{width, win_ansi},
};

/// A4 in points, upright.
const SHORT: f32 = 595.28;
const LONG: f32 = 841.89;
const MARGIN: f32 = 36.0;
/// Space between the edge of a column and its text.
const PADDING: f32 = 4.0;
const TITLE: f32 = 14.0;
const SMALL: f32 = 8.0;
/// Lines of one cell at most, so that every row fits a page.
const MAX_LINES: usize = 12;
const REGULAR: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// The letters of what stands above the title.
const ABOVE: f32 = 15.0;
/// The height of a line below the table, and how many there may be.
const CLOSING: f32 = 13.0;
const MAX_CLOSING: usize = 12;
/// The height of the places to sign at.
const SIGNATURE: f32 = 62.0;

/// How much room what stands below the table needs.
fn closing_height(frame: &Frame) -> f32 {
    let lines = f32::from(u8::try_from(frame.closing.len().min(MAX_CLOSING)).unwrap_or(u8::MAX));
    let signatures = if frame.signatures.is_empty() { 0.0 } else { SIGNATURE };
    if lines + signatures > 0.0 { 4.0 + lines * CLOSING + signatures } else { 0.0 }
}

/// One row as lines of each of its cells.
type Lines = Vec<Vec<Vec<u8>>>;

/// How the table stands on its pages.
struct Layout {
    page: (f32, f32),
    size: f32,
    widths: Vec<f32>,
}

pub(crate) fn write(table: &Table, frame: &Frame) -> Vec<u8> {
    let header: Vec<Vec<u8>> =
        table.columns.iter().map(|heading| win_ansi(&crate::cell::tidy(&heading.text))).collect();
    let rows: Vec<Vec<Vec<u8>>> = table.rows.iter().map(|row| cells(row, table.columns.len())).collect();
    let layout = Layout::of(&header, &rows);
    let header = layout.lines(&header, true);
    let rows: Vec<Lines> = rows.iter().map(|row| layout.lines(row, false)).collect();

    let mut pages = Vec::new();
    let mut page = Page::begin(table, &layout, Some(frame));
    page.row(&header, true);
    for row in &rows {
        if !page.fits(row) {
            pages.push(page.content);
            page = Page::begin(table, &layout, None);
            page.row(&header, true);
        }
        page.row(row, false);
    }
    if !page.has_room(closing_height(frame)) {
        pages.push(page.content);
        page = Page::begin(table, &layout, None);
    }
    page.close(frame);
    pages.push(page.content);
    assemble(table, &layout, pages)
}

/// The cells of a row as WinAnsi, as many as there are columns; paragraphs of a cell keep their line end.
fn cells(row: &[crate::Value], columns: usize) -> Vec<Vec<u8>> {
    let text = |value: &crate::Value| value.shown().split('\n').map(win_ansi).collect::<Vec<_>>().join(&b'\n');
    let mut cells: Vec<_> = row.iter().take(columns).map(text).collect();
    cells.resize(columns, Vec::new());
    cells
}

impl Layout {
    /// Upright if it fits, otherwise across; smaller letters if need be; and if that is not enough, the widest columns wrap.
    fn of(header: &[Vec<u8>], rows: &[Vec<Vec<u8>>]) -> Self {
        let natural = |size: f32| -> Vec<f32> {
            let widest = |column: usize| {
                let head = header.get(column).map_or(0.0, |text| width(text, true, size));
                let cells = rows.iter().filter_map(|row| row.get(column));
                let lines = cells.flat_map(|text| text.split(|&byte| byte == b'\n'));
                lines.map(|line| width(line, false, size)).fold(head, f32::max)
            };
            // Half a point more, against the rounding of readers.
            (0..header.len()).map(|column| widest(column) + 2.0 * PADDING + 0.5).collect()
        };
        for (page, size) in [((SHORT, LONG), 9.0), ((SHORT, LONG), 8.0), ((LONG, SHORT), 9.0), ((LONG, SHORT), 7.5)] {
            let widths = natural(size);
            let room = page.0 - 2.0 * MARGIN;
            let sum: f32 = widths.iter().sum();
            if sum <= room {
                let grow = room / sum.max(1.0);
                return Self { page, size, widths: widths.into_iter().map(|width| width * grow).collect() };
            }
        }
        let (page, size) = ((LONG, SHORT), 7.5);
        Self { page, size, widths: narrowed(&natural(size), page.0 - 2.0 * MARGIN) }
    }

    fn line_height(&self) -> f32 {
        self.size * 1.3
    }

    /// Wraps the cells of a row.
    fn lines(&self, row: &[Vec<u8>], bold: bool) -> Lines {
        let wrapped = row.iter().zip(&self.widths).map(|(text, &column)| {
            let room = column - 2.0 * PADDING;
            let mut lines: Vec<_> =
                text.split(|&byte| byte == b'\n').flat_map(|line| wrap(line, room, bold, self.size)).collect();
            if lines.len() > MAX_LINES {
                lines.truncate(MAX_LINES);
                if let Some(last) = lines.last_mut() {
                    // The ellipsis of WinAnsi.
                    last.push(0x85);
                }
            }
            lines
        });
        wrapped.collect()
    }

    fn height(&self, row: &Lines) -> f32 {
        let lines = row.iter().map(Vec::len).max().unwrap_or(1).max(1);
        f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * self.line_height() + PADDING
    }
}

/// Takes from the widest columns what is too much, so that narrow ones stay readable.
fn narrowed(natural: &[f32], room: f32) -> Vec<f32> {
    let mut left = room;
    let mut order: Vec<f32> = natural.to_vec();
    order.sort_by(f32::total_cmp);
    let mut cap = room;
    for (at, &one) in order.iter().enumerate() {
        let rest = f32::from(u16::try_from(order.len() - at).unwrap_or(u16::MAX));
        cap = left / rest;
        if one > cap {
            break;
        }
        left -= one;
    }
    natural.iter().map(|&one| one.min(cap)).collect()
}

/// Breaks a line between words, and within a word that is longer than a line.
fn wrap(line: &[u8], room: f32, bold: bool, size: f32) -> Vec<Vec<u8>> {
    if width(line, bold, size) <= room {
        return vec![line.to_vec()];
    }
    let mut lines = Vec::new();
    let mut current: Vec<u8> = Vec::new();
    for word in line.split(|&byte| byte == b' ') {
        let mut longer = current.clone();
        if !longer.is_empty() {
            longer.push(b' ');
        }
        longer.extend(word);
        if width(&longer, bold, size) <= room {
            current = longer;
            continue;
        }
        if !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        for &byte in word {
            current.push(byte);
            if width(&current, bold, size) > room && current.len() > 1 {
                current.pop();
                lines.push(std::mem::replace(&mut current, vec![byte]));
            }
        }
    }
    lines.push(current);
    lines
}

/// A page that is being filled, from the top.
struct Page<'a> {
    table: &'a Table,
    layout: &'a Layout,
    content: Content,
    y: f32,
}

impl<'a> Page<'a> {
    /// `first` is what stands around the table, on the first page.
    fn begin(table: &'a Table, layout: &'a Layout, first: Option<&Frame>) -> Self {
        let mut page = Self { table, layout, content: Content::new(), y: layout.page.1 - MARGIN };
        let room = layout.page.0 - 2.0 * MARGIN;
        if let Some(frame) = first {
            for line in wrap(&win_ansi(&frame.above), room, true, ABOVE).into_iter().take(2) {
                page.y -= ABOVE * 1.2;
                let x = MARGIN + (room - width(&line, true, ABOVE)) / 2.0;
                text(&mut page.content, BOLD, ABOVE, x, page.y, &line);
            }
            if !frame.above.is_empty() {
                page.y -= 6.0;
                page.content.set_line_width(0.8).set_stroke_gray(0.2);
                page.content.move_to(MARGIN, page.y).line_to(MARGIN + room, page.y).stroke();
            }
            for line in wrap(&win_ansi(&table.title), room, true, TITLE).into_iter().take(3) {
                page.y -= TITLE * 1.2;
                text(&mut page.content, BOLD, TITLE, MARGIN, page.y, &line);
            }
            for note in &table.notes {
                for line in wrap(&win_ansi(note), room, false, 9.0).into_iter().take(3) {
                    page.y -= 9.0 * 1.35;
                    text(&mut page.content, REGULAR, 9.0, MARGIN, page.y, &line);
                }
            }
            page.y -= 8.0;
        }
        page
    }

    fn fits(&self, row: &Lines) -> bool {
        self.has_room(self.layout.height(row))
    }

    fn has_room(&self, height: f32) -> bool {
        self.y - height >= MARGIN + SMALL * 2.0
    }

    /// What stands below the table: lines, then places to sign at, side by side.
    fn close(&mut self, frame: &Frame) {
        let room = self.layout.page.0 - 2.0 * MARGIN;
        self.y -= 4.0;
        for line in frame.closing.iter().take(MAX_CLOSING) {
            self.y -= CLOSING;
            let line = wrap(&win_ansi(line), room, false, 9.0).into_iter().next().unwrap_or_default();
            text(&mut self.content, REGULAR, 9.0, MARGIN, self.y, &line);
        }
        let places = f32::from(u8::try_from(frame.signatures.len()).unwrap_or(u8::MAX)).max(1.0);
        let (place, gap) = (room / places, 24.0);
        let line_at = self.y - SIGNATURE + 14.0;
        let mut x = MARGIN;
        for who in &frame.signatures {
            self.content.set_line_width(0.6).set_stroke_gray(0.2);
            self.content.move_to(x, line_at).line_to(x + place - gap, line_at).stroke();
            let who = wrap(&win_ansi(who), place - gap, false, SMALL).into_iter().next().unwrap_or_default();
            text(&mut self.content, REGULAR, SMALL, x, line_at - SMALL * 1.3, &who);
            x += place;
        }
    }

    fn row(&mut self, row: &Lines, header: bool) {
        let height = self.layout.height(row);
        let room = self.layout.page.0 - 2.0 * MARGIN;
        let bottom = self.y - height;
        if header {
            self.content.set_fill_gray(0.91).rect(MARGIN, bottom, room, height).fill_nonzero().set_fill_gray(0.0);
        }
        let mut x = MARGIN;
        let columns = self.layout.widths.iter().zip(&self.table.columns);
        for (lines, (&column, heading)) in row.iter().zip(columns) {
            let mut y = self.y - PADDING / 2.0;
            for line in lines {
                y -= self.layout.line_height();
                let size = self.layout.size;
                let at = match heading.side {
                    Side::Left => x + PADDING,
                    Side::Right => x + column - PADDING - width(line, header, size),
                };
                // The baseline is above the bottom of the line.
                text(&mut self.content, if header { BOLD } else { REGULAR }, size, at, y + size * 0.3, line);
            }
            x += column;
        }
        self.content.set_line_width(0.4).set_stroke_gray(if header { 0.35 } else { 0.75 });
        self.content.move_to(MARGIN, bottom).line_to(MARGIN + room, bottom).stroke();
        self.y = bottom;
    }
}

fn text(content: &mut Content, font: Name<'_>, size: f32, x: f32, y: f32, text: &[u8]) {
    if !text.is_empty() {
        content.begin_text().set_font(font, size).next_line(x, y).show(Str(text)).end_text();
    }
}

/// Adds the feet, which need to know how many pages there are, and joins the pages.
fn assemble(table: &Table, layout: &Layout, pages: Vec<Content>) -> Vec<u8> {
    const CATALOG: Ref = Ref::new(1);
    const TREE: Ref = Ref::new(2);
    const INFO: Ref = Ref::new(3);
    const FONTS: [(Name<'static>, Ref, &[u8]); 2] =
        [(REGULAR, Ref::new(4), b"Helvetica"), (BOLD, Ref::new(5), b"Helvetica-Bold")];
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(TREE).lang(TextStr("en"));
    pdf.document_info(INFO).title(TextStr(&table.title));
    for (_, font, name) in FONTS {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let total = pages.len();
    let references = |at: usize| {
        let first = i32::try_from(at * 2).unwrap_or(i32::MAX - 16) + 6;
        (Ref::new(first), Ref::new(first + 1))
    };
    pdf.pages(TREE).kids((0..total).map(|at| references(at).0)).count(i32::try_from(total).unwrap_or(i32::MAX));
    for (at, mut content) in pages.into_iter().enumerate() {
        let (page, stream) = references(at);
        let y = MARGIN - SMALL;
        let left = win_ansi(&format!("{}, {}", table.title, table.made_on));
        let left = wrap(&left, layout.page.0 * 0.7, false, SMALL).into_iter().next().unwrap_or_default();
        text(&mut content, REGULAR, SMALL, MARGIN, y, &left);
        let number = win_ansi(&format!("Page {} of {total}", at + 1));
        let x = layout.page.0 - MARGIN - width(&number, false, SMALL);
        text(&mut content, REGULAR, SMALL, x, y, &number);
        let mut writer = pdf.page(page);
        writer.media_box(Rect::new(0.0, 0.0, layout.page.0, layout.page.1)).parent(TREE).contents(stream);
        let mut resources = writer.resources();
        let mut fonts = resources.fonts();
        for (name, font, _) in FONTS {
            fonts.pair(name, font);
        }
        fonts.finish();
        resources.finish();
        writer.finish();
        pdf.stream(stream, &content.finish());
    }
    pdf.finish()
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::{Heading, Value};

    fn class(students: usize, columns: usize) -> Table {
        let head = |at| if at == 0 { Heading::text("Student") } else { Heading::number(format!("Subject {at}")) };
        let row = |student| {
            let name = Value::text(format!("Anju {student} of the long and winding family name"));
            std::iter::once(name).chain((1..columns).map(|at| Value::from(i32::try_from(at).unwrap()))).collect()
        };
        Table {
            title: "Internal marks (GNM)".to_owned(),
            notes: vec!["Semester 2, Pharmacology".to_owned()],
            made_on: Date::constant(2026, 11, 24),
            columns: (0..columns).map(head).collect(),
            rows: (0..students).map(row).collect(),
        }
    }

    /// Every text of the document in its order; streams are not compressed.
    fn texts(pdf: &[u8]) -> Vec<String> {
        let text = encoding_rs::WINDOWS_1252.decode(pdf).0.into_owned();
        text.lines()
            .filter_map(|line| line.strip_suffix(" Tj")?.strip_prefix('(')?.strip_suffix(')').map(str::to_owned))
            .collect()
    }

    #[test]
    fn the_header_and_the_number_are_on_every_page() {
        let pdf = class(120, 4).pdf();
        let found = texts(&pdf);
        let count = |wanted: &str| found.iter().filter(|text| text.as_str() == wanted).count();
        assert_eq!(count("Page 1 of 3"), 1);
        assert_eq!(count("Page 3 of 3"), 1);
        assert_eq!(count("Student"), 3);
        assert_eq!(found.iter().filter(|text| text.starts_with("Anju")).count(), 120);
    }

    #[test]
    fn a_wide_table_lies_across_and_wraps() {
        let upright = Layout::of(&[b"Name".to_vec()], &[]);
        assert!(upright.page.0 < upright.page.1);
        for columns in [12, 30, 120] {
            let table = class(3, columns);
            let header: Vec<_> = table.columns.iter().map(|heading| win_ansi(&heading.text)).collect();
            let rows: Vec<_> = table.rows.iter().map(|row| cells(row, columns)).collect();
            let layout = Layout::of(&header, &rows);
            assert!(layout.page.0 > layout.page.1);
            assert!(layout.widths.iter().sum::<f32>() <= LONG - 2.0 * MARGIN + 0.1);
            assert!(!table.pdf().is_empty());
        }
    }

    #[test]
    fn what_stands_around_a_table_stands_there_once_and_stays_together() {
        let frame = Frame {
            above: "College of Nursing".to_owned(),
            closing: vec!["Passed: 3".to_owned()],
            signatures: vec!["Entered by".to_owned(), "Principal".to_owned()],
        };
        for students in 1..120 {
            let pdf = class(students, 4).printed(&frame);
            let found = texts(&pdf);
            let place = |wanted: &str| {
                let mut all = found.iter().enumerate().filter(|(_, text)| text.as_str() == wanted).map(|(at, _)| at);
                let only = all.next();
                assert_eq!(all.next(), None, "{wanted}");
                only.unwrap()
            };
            assert_eq!(place("College of Nursing"), 0);
            assert!(place("Passed: 3") < place("Entered by") && place("Entered by") < place("Principal"));
            let after = &found[place("Passed: 3")..];
            assert!(!after.iter().any(|text| text.starts_with("Anju")), "{students}");
            // Below the figures stand the signatures and the foot of that page, and no other page.
            assert_eq!(after.iter().filter(|text| text.starts_with("Page ")).count(), 1, "{students}");
        }
    }

    #[test]
    fn a_table_without_rows_is_a_page() {
        assert!(texts(&class(0, 3).pdf()).contains(&"Page 1 of 1".to_owned()));
    }
}
