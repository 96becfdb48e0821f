"""Colours for code. Each has a contrast of at least 4.5 to its background."""

from pygments.style import Style
from pygments.token import Comment, Error, Generic, Keyword, Name, Number, Operator, String, Token


def colours(*, text, comment, keyword, type, string, number, function, preprocessor):
    return {
        Token: text,
        Error: text,
        Comment: comment,
        Comment.Preproc: preprocessor,
        Comment.PreprocFile: string,
        Keyword: keyword,
        Keyword.Type: type,
        Name.Class: type,
        Name.Function: function,
        Name.Builtin: function,
        Name.Variable: type,
        Number: number,
        Operator: text,
        Operator.Word: keyword,
        String: string,
        String.Escape: number,
        Generic.Prompt: comment,
        Generic.Output: text,
    }


class Light(Style):
    background_color = "#f6f7f9"
    styles = colours(
        text="#1f2328", comment="#5b6570", keyword="#a3124e", type="#7a4300", string="#0f6133",
        number="#0b4f9e", function="#5a2ca0", preprocessor="#7a4300",
    )


class Dark(Style):
    background_color = "#1b1e24"
    styles = colours(
        text="#dde2e9", comment="#95a0ad", keyword="#ff8fb0", type="#f2c078", string="#93d6a5",
        number="#8cc4ff", function="#cdb2ff", preprocessor="#f2c078",
    )
