"""Prints a sheet of a workbook as openpyxl reads it: rows as JSON, dates and
moments as ISO 8601 has them, an empty cell as an empty text."""
import datetime
import json
import sys

import openpyxl


def told(cell):
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)


sheet = openpyxl.load_workbook(sys.argv[1], read_only=True)[sys.argv[2]]
json.dump([[told(cell) for cell in row] for row in sheet.iter_rows(values_only=True)], sys.stdout)
