import QrrotCore
import Testing

@testable import QrrotShell

/// CSV and TSV.
@Suite("Reading CSV")
struct CSVReaderTests {
  private func read(_ text: String, key: String? = "id", as format: TransferFormat = .csv)
    -> ReadRecords
  {
    ReadRecords(Array(text.utf8), as: format, key: key)
  }

  private func documents(_ found: ReadRecords) -> [String] {
    found.records.map { record in
      guard case .json(let text) = record.value else { return "no json" }
      return String(decoding: text, as: UTF8.self)
    }
  }

  @Test("quotes, doubled quotes, separators and line breaks inside fields, CRLF, a byte order mark")
  func quoting() {
    let found = read(
      "\u{FEFF}id,\"the, name\",z\r\n1,\"a, \"\"b\"\"\",x\r\n2,\"two\r\nlines\",\"\"\n3,in \"side\",y"
    )
    #expect(found.errors.isEmpty)
    #expect(
      documents(found) == [
        "{\"id\":1,\"the, name\":\"a, \\\"b\\\"\",\"z\":\"x\"}",
        "{\"id\":2,\"the, name\":\"two\\r\\nlines\",\"z\":\"\"}",
        "{\"id\":3,\"the, name\":\"in \\\"side\\\"\",\"z\":\"y\"}",
      ])
    let tabs = read("id\ta\n1\t\"x\ty\"\n2\ta,b\n", as: .tsv)
    #expect(documents(tabs) == ["{\"id\":1,\"a\":\"x\\ty\"}", "{\"id\":2,\"a\":\"a,b\"}"])
  }

  @Test("a field is a number only where no digit is lost, and empty is null")
  func types() {
    let wanted = [
      ("7", "7"), ("007", "\"007\""), ("-0", "-0"), ("1.50", "1.50"), ("1e5", "1e5"),
      ("12345678901234567890.10", "12345678901234567890.10"), ("+1", "\"+1\""), (".5", "\".5\""),
      ("5.", "\"5.\""), ("0x10", "\"0x10\""), ("1 ", "\"1 \""), (" 1", "\" 1\""),
      ("true", "true"), ("false", "false"), ("TRUE", "\"TRUE\""), ("null", "\"null\""),
      ("", "null"), ("\"\"", "\"\""), ("\"12\"", "12"), ("NaN", "\"NaN\""), ("-", "\"-\""),
      ("1-2", "\"1-2\""), ("tr", "\"tr\""), ("\"a\u{1}\"", "\"a\\u0001\""),
    ]
    for (field, json) in wanted {
      #expect(documents(read("id,v\nx,\(field)\n")) == ["{\"id\":\"x\",\"v\":\(json)}"], "\(field)")
    }
  }

  @Test("blank lines are passed; nothing, and a header alone, are no records")
  func empty() {
    for text in ["", "\n\n", "id,x", "id,x\n", "id,x\r\n\r\n", "\u{FEFF}"] {
      let found = read(text)
      #expect(found.errors.isEmpty && found.records.isEmpty, "\(text.debugDescription)")
    }
    #expect(read("id\n\n1\n\n2\n").records.count == 2)
  }

  @Test("rows that don't fit are reported with their lines, and the next ones are read")
  func wrong() {
    let found = read("id,x\n1,2\n3\n\"4\n5\",6\n7,8,9\n\"a\"b,1\n10,11\n\"open,\n12,13")
    #expect(
      documents(found) == [
        "{\"id\":1,\"x\":2}", "{\"id\":\"4\\n5\",\"x\":6}", "{\"id\":10,\"x\":11}",
      ])
    #expect(
      found.errors == [
        "3: error[syntax]: the row has 1 field, the header 2",
        "6: error[syntax]: the row has 3 fields, the header 2",
        "7: error[syntax]: behind a closing quote stands b; a quote inside a quoted field is doubled",
        "9: error[syntax]: the quote that begins here is never closed",
      ])
    let invalid = ReadRecords(
      Array("id,x\n1,".utf8) + [0xFF, 0x0A] + Array("2,y\n".utf8), as: .csv, key: "id")
    #expect(invalid.errors == ["2: error[json]: the field x is not UTF-8: \"\\xFF\""])
    #expect(invalid.records.count == 1)
  }

  @Test("a header that is wrong ends it")
  func headers() {
    #expect(
      read("id,x,id\n1,2,3\n").errors == ["1: error[syntax]: the header has the column id twice"])
    #expect(
      read("a,b c\n1,2\n", key: nil).errors == [
        "1: error[refused]: --key is needed: it names the field that is the key; the fields here are a, \"b c\""
      ])
    #expect(read("\"id\n1,2\n").errors.count == 1)
    #expect(read("a,b\n1,2\n3,4\n").keylessCount == 2, "no row has the field")
  }

  @Test("columns of key, type, value and expires are records")
  func typed() {
    let found = ReadRecords(
      Array(
        "key,type,value,expires\ns,string,007,\ni,int,-5,9000\nj,json,\"{\"\"a\"\": 1}\",\n,string,x,\nt,,12,\nu,,[1],\n"
          .utf8), as: .csv)
    #expect(found.errors.isEmpty && found.keylessCount == 1)
    #expect(
      found.records == [
        FoundRecord("s", .string(Array("007".utf8))), FoundRecord("i", .int(-5), expiry: 9_000),
        FoundRecord(json: "{\"a\":1}", under: "j"), FoundRecord("t", .int(12)),
        FoundRecord(json: "[1]", under: "u"),
      ])
    let bytes = ReadRecords(
      Array("key,value\n".utf8) + [0xFF] + Array(",\"".utf8) + [0xFE] + Array("\"\n".utf8), as: .csv
    )
    #expect(bytes.records == [FoundRecord([0xFF], .string([0xFE]))])
    let wrong = ReadRecords(
      Array("key,type,value\na,int,1.5\nb,json,{\nc,text,x\nd,int,99999999999999999999\n".utf8),
      as: .csv)
    #expect(wrong.records.isEmpty)
    #expect(
      wrong.errors.map { String($0.prefix(14)) } == [
        "2: error[type]", "3: error[json]", "4: error[type]", "5: error[range",
      ])
  }
}
