"""The warehouse at a glance: `python dashboard.py PORT`. DATABASE_URL says where it is, DWH_SCHEMA and RUN_LOG_SCHEMA in which schemas."""

import os
import sys

import psycopg
from dash import Dash, Input, Output, dcc, html
from plotly import graph_objects
from psycopg import sql
from psycopg.rows import dict_row

URL = os.environ["DATABASE_URL"]
SCHEMAS = {"dwh": sql.Identifier(os.environ.get("DWH_SCHEMA", "dwh")), "meta": sql.Identifier(os.environ.get("RUN_LOG_SCHEMA", "meta"))}
# a page is of one snapshot: never half of before a run and half of after it
OPTIONS = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read -c timezone=UTC"
QUERIES = {
    "months": "select month, orders, revenue from {dwh}.revenue_by_month where year = %(year)s order by month",
    "product": "select {dwh}.most_popular_product(%(year)s) as product",
    "errors": "select table_name, reason, count(*) as rows from {dwh}.error_rows group by 1, 2 order by 3 desc, 1, 2",
    "run": "select command, status, nodes, failures, ended_at from {meta}.runs order by started_at desc limit 1",
    "years": "select distinct year from {dwh}.dim_date order by 1",
}
NUMBERS = {"revenue": "Revenue", "orders": "Orders", "product": "Most popular product"}


def read(*names, **values):
    with psycopg.connect(URL, row_factory=dict_row, options=OPTIONS) as connection:
        return [connection.execute(sql.SQL(QUERIES[name]).format(**SCHEMAS), values).fetchall() for name in names]


def number(id, label):
    return html.Div([html.Div(label, style={"color": "#666"}), html.Div(id=id, style={"fontSize": "1.6rem"})])


def table(rows):
    style = {"textAlign": "left", "paddingRight": "2rem"}
    head = html.Tr([html.Th(name, style=style) for name in ("table", "reason", "rows")])
    return [head, *[html.Tr([html.Td(str(value), style=style) for value in row.values()]) for row in rows]]


def layout():
    [years] = read("years")
    years = [row["year"] for row in years]
    return html.Main(
        [
            html.H1(["Retail ", html.Span(id="shown")]),
            dcc.RadioItems(years, years[-1], id="year", inline=True),
            html.Div([number(*of) for of in NUMBERS.items()], style={"display": "flex", "gap": "4rem", "margin": "1rem 0"}),
            dcc.Graph(id="chart", config={"displayModeBar": False}),
            html.H2("Rows with errors"),
            html.Table(id="errors"),
            html.P(id="run", style={"color": "#666"}),
        ],
        style={"font": "1rem sans-serif", "maxWidth": "60rem", "margin": "2rem auto"},
    )


app = Dash(__name__, title="Retail", update_title=None)
app.layout = layout


@app.callback(Output("chart", "figure"), *[Output(id, "children") for id in (*NUMBERS, "errors", "run", "shown")], Input("year", "value"))
def show(year):
    months, [product], errors, runs = read("months", "product", "errors", "run", year=year)
    names, heights = [f"{row['month']:%b}" for row in months], [float(row["revenue"]) for row in months]
    bars = graph_objects.Bar(x=names, y=heights, hovertemplate="%{x}: %{y:,.2f} €<extra></extra>")
    axis = {"title": {"text": "Revenue (€)"}, "tickformat": ",.0f"}
    figure = graph_objects.Figure(bars, {"height": 300, "margin": {"t": 10, "l": 60, "r": 0, "b": 30}, "yaxis": axis})
    last = [f"Last run: {run['command']}, {run['status']}, {run['nodes']} nodes, {run['failures']} failures, {run['ended_at']:%Y-%m-%d %H:%M} UTC" for run in runs]
    revenue, orders = (sum(row[name] for row in months) for name in ("revenue", "orders"))
    return figure, f"{revenue:,.2f} €", f"{orders:,}", product["product"] or "none", table(errors), last, str(year)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
