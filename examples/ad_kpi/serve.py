"""The KPIs of the mart over HTTP: `uvicorn serve:app`. DATABASE_URL says where the mart is, KPI_SCHEMA in which schema."""

import os
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import psycopg
from fastapi import FastAPI, HTTPException, Query
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel

URL, SCHEMA = os.environ["DATABASE_URL"], os.environ.get("KPI_SCHEMA", "kpi")
app = FastAPI(title="KPIs of advertisers and campaigns")


class Kpi(BaseModel):
    """Numbers with decimals are texts in JSON: a client rounds, the server does not."""

    day: date
    advertiser_id: int
    impressions: int
    clicks: int
    users: int
    spend: Decimal
    ctr: Decimal | None
    cpc: Decimal | None


class AdvertiserKpi(Kpi):
    advertiser: str


class CampaignKpi(Kpi):
    campaign_id: int
    campaign: str
    is_deleted: bool
    is_over_budget: bool


def rows(text, **values):
    """One statement is one snapshot: an answer is of before or of after a run, never of both."""
    views = {name: sql.Identifier(SCHEMA, name) for name in ("kpi_by_advertiser", "kpi_by_campaign")}
    with psycopg.connect(URL, row_factory=dict_row, options="-c default_transaction_read_only=on") as connection:
        return connection.execute(sql.SQL(text).format(**views), values).fetchall()


def check_days(first, last):
    if first > last:
        raise HTTPException(422, "`first` is after `last`")


@app.get("/health")
def health() -> dict[str, str]:
    rows("select 1 from {kpi_by_advertiser} limit 1")
    return {"status": "ok"}


@app.get("/advertisers")
def advertisers(first: date, last: date) -> list[AdvertiserKpi]:
    check_days(first, last)
    return rows("select * from {kpi_by_advertiser} where day between %(first)s and %(last)s order by day, advertiser_id", first=first, last=last)


@app.get("/advertisers/{advertiser_id}/campaigns")
def campaigns(advertiser_id: int, first: date, last: date) -> list[CampaignKpi]:
    check_days(first, last)
    if not rows("select from {kpi_by_advertiser} where advertiser_id = %(id)s limit 1", id=advertiser_id):
        raise HTTPException(404, f"there is no advertiser {advertiser_id}")
    wanted = "select * from {kpi_by_campaign} where advertiser_id = %(id)s and day between %(first)s and %(last)s order by day, campaign_id"
    return rows(wanted, id=advertiser_id, first=first, last=last)


@app.get("/top")
def top(day: date, by: Literal["spend", "clicks", "impressions"] = "spend", limit: Annotated[int, Query(ge=1, le=100)] = 3) -> list[CampaignKpi]:
    return rows(f"select * from {{kpi_by_campaign}} where day = %(day)s order by {by} desc, campaign_id limit %(limit)s", day=day, limit=limit)
