import QrrotCore
import Testing

@testable import QrrotParser

/// Options of commands, such as `import FILE --key TEMPLATE`.
@Suite("Options")
struct OptionTests {
  private func parse(_ line: String) throws -> Command {
    var parser = Parser()
    var command = Command()
    do throws(ParseFailure) {
      _ = try parser.parse(Array(line.utf8).span, isFinal: true, into: &command)
    } catch {
      throw error.error
    }
    return command
  }

  private func error(_ line: String) -> String? {
    do { _ = try parse(line) } catch let error as QrrotError { return "\(error)" } catch {}
    return nil
  }

  /// The arguments: an option as `name=value`, others as they are.
  private func arguments(_ line: String) throws -> [String] {
    let command = try parse(line)
    return command.arguments.indices.map { index in
      let text = command.text(index)
      guard case .option(let number) = command.arguments[index].kind else { return text }
      return "\(command.name.spec.options[number].name)=\(text)"
    }
  }

  @Test("they stand anywhere behind the name, with a blank or an equals sign")
  func places() throws {
    #expect(try arguments("import f.csv") == ["f.csv"])
    for line in [
      "import f.csv --key id --on-conflict skip", "import --key=id f.csv --on-conflict=skip",
      "IMPORT --key 'id' --on-conflict \"skip\" f.csv",
    ] {
      #expect(try arguments(line) == ["key=id", "on-conflict=skip", "f.csv"], "\(line)")
    }
    #expect(try arguments("import f --keep-going") == ["keep-going=", "f"])
    #expect(try arguments("import f --key 'a {b}'") == ["key=a {b}", "f"])
    #expect(try arguments("import f --key=a=b") == ["key=a=b", "f"])
    #expect(try arguments("import \"--key\"") == ["--key"], "a quoted token is no option")
    #expect(try arguments("export f user:* --format csv") == ["format=csv", "f", "user:*"])
    #expect(try arguments("put --key value") == ["--key", "value"], "put has no options")
  }

  @Test("what is wrong with them is said")
  func errors() {
    let wanted = [
      "import f --kex id": "error[syntax]: import has no option --kex; did you mean --key?",
      "import f --key": "error[arity]: --key needs a value",
      "import f --key a --key b": "error[syntax]: --key is given twice",
      "import f --keep-going=yes": "error[syntax]: --keep-going takes no value",
      "import f --on-conflict replce":
        "error[syntax]: --on-conflict takes error, skip, replace, not replce; did you mean replace?",
      "import --key id": "error[arity]: import takes 1 argument, not 0",
      "import a b": "error[arity]: import takes 1 argument, not 2",
      "export": "error[arity]: export takes 1 to 2 arguments, not 0",
    ]
    for (line, text) in wanted {
      #expect(error(line)?.hasPrefix(text) == true, "\(line): \(error(line) ?? "no error")")
    }
  }

  @Test("their names and words complete, and so do the file and the pattern between them")
  func completion() {
    func expected(_ line: String) -> CompletionContext.Expected {
      CompletionContext(line.utf8).expected
    }
    let all = ["--key", "--format", "--on-conflict", "--on-missing-key", "--keep-going"]
    #expect(expected("import ") == .file)
    #expect(expected("import -") == .words(all))
    #expect(expected("import f --o") == .words(all))
    #expect(expected("import --key id ") == .file)
    #expect(expected("import f --key ") == .nothing)
    #expect(expected("import f --on-conflict ") == .words(["error", "skip", "replace"]))
    #expect(
      expected("import f --on-conflict=r")
        == .words(["--on-conflict=error", "--on-conflict=skip", "--on-conflict=replace"]))
    #expect(expected("import f --key id --") == .words(all.filter { $0 != "--key" }))
    #expect(expected("import f --keep-going ") == .nothing)
    #expect(expected("export f us") == .key)
    #expect(expected("export f --format csv us") == .key)
    #expect(expected("put -") == .key)
  }
}
