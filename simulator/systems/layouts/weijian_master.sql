-- 卫健委主数据: what the city's health commission hands out, some in Excel, some in CSV.

create macro qy(c) as case c when '1' then '启用' when '0' then '停用' else c end;
create macro xb(c) as case c when '1' then '男' when '2' then '女' when '0' then '未知' when '9' then '未说明' else c end;
create macro sf(b) as flag(b, 'Y', 'N');

create view xzqh as
select _institution, region_code as _key, _event_id as _event_region,
    region_code as 区划代码, region_name as 区划名称, parent_region_code as 上级代码,
    case region_level_code when '1' then '省级' when '2' then '地级' when '3' then '县级' when '4' then '乡级' when '5' then '村级' else region_level_code end as 级别
from region;

create view yljg as
select _institution, institution_code as _key, _event_id as _event_institution,
    institution_code as 机构代码, institution_name as 机构名称, institution_class_code as 机构类别,
    case institution_tier_code when '1' then '市属' when '2' then '县级' when '3' then '基层' when '4' then '村室' else institution_tier_code end as 层级,
    parent_institution_code as 上级机构, region_code as 区划代码, phone_no as 联系电话,
    head_name as 负责人, address_county as 县区, address_township as 乡镇, postal_code as 邮编,
    authorised_beds as 编制床位, chinese_date(opened_date) as 成立日期, qy(status_code) as 状态
from institution;

create view ypml as
select _institution, drug_code as _key, _event_id as _event_drug,
    drug_code as ypbm, drug_name as ypmc, specification as gg, dose_form_code as jxdm,
    case drug_category_code when '1' then '西药' when '2' then '中成药' when '3' then '中草药' when '9' then '其他' else drug_category_code end as yplb,
    unit_name as dw, times(retail_price_yuan, 100) as lsj_fen, sf(is_essential) as jbyw,
    sf(is_antibacterial) as kjyw, ddd_value as ddd, insurance_code as ybbm,
    manufacturer_name as sccj, qy(status_code) as zt
from drug;

create view sfxm as
select _institution, item_code as _key, _event_id as _event_charge_item,
    item_code as 项目编码, item_name as 项目名称, item_category_code as 项目类别,
    unit_name as 计价单位, unit_price_yuan as "单价（元）", insurance_code as 医保编码,
    qy(status_code) as 状态
from charge_item;

create view czrk as
select _institution, region_code || '|' || population_year as _key,
    _event_id as _event_resident_population,
    region_code as 区划代码, region_name as 区划名称, managing_institution_code as 管理机构代码,
    population_year as 年份, resident_count as 常住人口, registered_count as 户籍人口,
    resident_65_count as 其中65岁及以上, child_0_6_year_count as 其中0至6岁,
    child_0_36_month_count as 其中0至36月龄
from resident_population;

create view swdj as
select _institution, certificate_no as _key, _event_id as _event_death_registration,
    certificate_no as 报告卡编号, patient_no as 患者编号, name as 姓名, xb(sex_code) as 性别,
    compact(birth_date) as 出生日期, id_no as 身份证号, compact(death_date) as 死亡日期,
    case death_place_code when '1' then '医疗卫生机构' when '2' then '来院途中' when '3' then '家中' when '4' then '养老机构' when '9' then '其他' else death_place_code end as 死亡地点,
    underlying_cause_code as 根本死因, phone_no as 家属电话, address_township as 常住乡镇
from death_registration;
